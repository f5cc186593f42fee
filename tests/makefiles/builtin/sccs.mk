#: args: -n a b
#: file: s.a
#: file: SCCS/s.b
