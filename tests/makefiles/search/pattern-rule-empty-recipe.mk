#: file: x.a
%.b: %.a ;
all: x.b ; @echo all
.DEFAULT_GOAL = all
