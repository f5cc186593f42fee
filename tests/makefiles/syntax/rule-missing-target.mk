: a
	@:
all: ; @echo $@
