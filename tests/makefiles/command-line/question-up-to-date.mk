#: args: -q
#: file: b x
#: file: a x
a: b ; @touch a
