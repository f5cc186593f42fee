#: args: -q
#: status: 1
#: file: b x
a: b ; @touch a
