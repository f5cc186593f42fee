#: status: 2
include a.mk
a.mk: ; @exit 3
