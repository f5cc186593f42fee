@ = mine
all: ; @echo '$@'
$(info [$@])
