#: args: a b c
#: file: a
#: file: b
a: ;
b: a
c: b
