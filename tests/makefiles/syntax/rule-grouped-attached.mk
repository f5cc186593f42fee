x y&: ; @echo make $@; touch x y
all: x y
.DEFAULT_GOAL = all
