#: args: -r
#: file: f.c
all: mod
mod: a.o f.o s.o FORCE
	@echo $@
a.o f.o s.o: e.h
f.o: d.h
d.h: d.s
	@echo $@
e.h: e.o mk
	@echo $@
%.o: %.c
	@echo $@
%.s: %.c
	@echo $@
mk:
	@echo $@
%.c: ;
FORCE: ;
.SECONDARY:
