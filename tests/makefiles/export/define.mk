export define A
one
two
endef
all: ; @echo "$$A"
