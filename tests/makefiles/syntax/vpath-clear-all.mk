#: file: one/a.c
#: status: 2
vpath %.c one
vpath
all: a.c ; @echo $^
