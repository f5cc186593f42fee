#: args: --debug=print -s
all: ; @echo hi
	@echo 1
