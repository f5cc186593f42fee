#: status: 2
all: ; @:
endif x
