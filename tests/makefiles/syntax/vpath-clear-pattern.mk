#: file: one/a.c
#: file: one/b.h
#: status: 2
vpath %.c one
vpath %.h one
vpath %.c
all: b.h a.c ; @echo $^
