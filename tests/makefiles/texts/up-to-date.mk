#: args: a b c d e
#: file: a
#: file: b
#: file: e
a: ; @echo never
b:
c: ;
d: a
e: ; 
