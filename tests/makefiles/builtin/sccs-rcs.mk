#: args: -n a b
#: status: 2
#: file: a,v
#: file: RCS/b,v
