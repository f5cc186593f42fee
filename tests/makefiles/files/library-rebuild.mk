#: file: all
#: file: libfoo.a
all: -lfoo ; @echo '$?'
