#: status: 2
$(eval all: ; @exit 2)
