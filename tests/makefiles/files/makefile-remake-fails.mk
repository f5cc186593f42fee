#: status: 2
include x.mk
all: ; @echo never
x.mk: ; exit 3
