#: file: one/a.c
#: file: two/b
vpath a.c  one  nowhere
vpath b nowhere two
all: a.c b ; @echo $^
