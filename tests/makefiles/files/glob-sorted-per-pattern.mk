#: file: b.x
#: file: a.x
#: file: a.y
all: *.y *.x a.* ; @echo '$+'
X := $(wildcard *.x *.y a.*)
$(info $(X))
