#: status: 2
include x.mk
x.mk: missing ; @echo never
all: ;
