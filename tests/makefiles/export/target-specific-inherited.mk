all: export V = from all
all: a
a: ; @echo "$$V"
