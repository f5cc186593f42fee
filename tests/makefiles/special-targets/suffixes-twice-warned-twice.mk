.SUFFIXES: .x .y .x
.x.y: z ; @echo never
all: ;
.DEFAULT_GOAL = all
