all: a b
.RECIPEPREFIX = >
a:
>@echo a
.RECIPEPREFIX =
b:
	@echo b
