#: args: -n a.sym b.mod c.ln
#: status: 2
#: file: a.def
#: file: b.def
#: file: c.c
