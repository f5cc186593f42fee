.PHONY: x ; @echo recipe
x: ; @echo x
.DEFAULT_GOAL = x
