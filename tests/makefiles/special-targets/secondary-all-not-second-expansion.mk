#: args: -r
#: file: a.lex
#: file: l.lex
#: file: b.lex
.SECONDEXPANSION:
mod: a.o l.o s.o
	@echo $@
%.lex: %.l FORCE
	@echo $@
l.o a.o: %.o: %.lex FORCE
	@echo $@
s.o: $$(addprefix b,.lex)
	@echo $@
l.l a.l b.l:;
FORCE: ;
.PHONY: FORCE
.SECONDARY:
