#: file: libs/libfoo.so
VPATH = libs
all: -lfoo ; @echo '$^ $<'
