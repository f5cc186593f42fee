.PHONY: x
x:
