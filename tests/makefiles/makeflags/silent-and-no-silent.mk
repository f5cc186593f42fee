#: run: -s --no-silent
#: run: --no-silent -s
#: run: -k -S
#: run: -S -k
#: run: -w --no-print-directory
#: run: --no-print-directory -w
$(info [$(MAKEFLAGS)])
all: ; @:
