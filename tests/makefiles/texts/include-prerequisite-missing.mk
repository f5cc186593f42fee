#: status: 2
include a.mk
a.mk: b ; @echo never
all: ;
