#: args: a b CO=echo
#: file: a,v
#: file: RCS/b,v
