#: run: --shuffle
#: run: --shuffle=random
all: ; @echo '$(if $(filter --shuffle=random,$(MAKEFLAGS)),random,$(if $(filter --shuffle=%,$(MAKEFLAGS)),a number,nothing))'
