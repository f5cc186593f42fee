#: file: lib1/libfoo.a
#: file: lib2/libfoo.so
vpath %.a lib1
vpath %.so lib2
all: -lfoo ; @echo '$^'
