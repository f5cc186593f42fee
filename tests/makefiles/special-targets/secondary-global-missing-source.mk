#: file: prog
#: run: prog
#: run: all
#: run: --trace phony
# A missing file that nothing can make is not missed unless it has to be made.
all: prog ; echo $@
prog: missing ; echo $@
phony: none ; echo $@
.PHONY: none
.SECONDARY:
