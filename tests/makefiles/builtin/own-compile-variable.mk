#: args: -n
#: file: x.c
COMPILE.c = mycc -c
OUTPUT_OPTION = -out $@
x.o:
