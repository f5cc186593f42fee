#: run: all
#: run: -n all
all: v.x prog
	@echo '$@: ($?)' >> $@
v.x out &:
	touch v.x
.PHONY: prog
