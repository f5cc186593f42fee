#: args: -n x
#: file: x.y
