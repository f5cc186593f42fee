#: file: d.mk a.o b.o: h.h\na.o: a.c\nb.o: b.c
#: file: a.c
#: file: b.c
#: file: h.h
%.o: %.c ; @echo '$@ $< $^'
all: a.o b.o
include d.mk
.DEFAULT_GOAL = all
