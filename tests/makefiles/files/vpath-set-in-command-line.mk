#: args: VPATH=src
#: file: src/x
all: x ; @echo $^
