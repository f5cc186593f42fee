#: args: -n x.o y.o z.o p.o
#: file: x.c
#: file: y.cc
#: file: z.s
#: file: p.S
