.RECIPEPREFIX = >
all: ; @echo '$(.RECIPEPREFIX)'
> @echo one
.RECIPEPREFIX = :
b:
:@echo b
.RECIPEPREFIX =
c: b
	@echo c
