#: status: 2
all: -lfoo ; @echo '$^'
libfoo.a: ; @echo never
