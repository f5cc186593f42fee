#: file: one/a.c
#: file: two/b.h
#: file: two/a.c
vpath %.c one
vpath %.h one:two
vpath %.c two
all: a.c b.h ; @echo $^
