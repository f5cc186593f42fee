#: args: -n x y z w
#: file: x.c
#: file: y.cc
#: file: z.o
#: file: w.sh
