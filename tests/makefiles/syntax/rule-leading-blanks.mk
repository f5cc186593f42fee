  a: ; @echo a
   b:
	@echo b
all: a b
.DEFAULT_GOAL = all
