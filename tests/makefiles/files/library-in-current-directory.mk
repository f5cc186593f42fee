#: file: libfoo.a
all: -lfoo ; @echo '$^'
