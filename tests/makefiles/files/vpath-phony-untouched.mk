#: file: src/clean
VPATH = src
.PHONY: clean
clean: ; @echo '$@'
