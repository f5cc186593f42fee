#: run: -k
#: status: 2
#: run:
#: status: 2
sinclude gen.mk
include gen.mk
include gen.mk
gen.mk: a.in b.in
a.in: deep.in
all: ; @echo $@
