define A
x
 y
endef
export A
all: ; @echo "$$A"
