#: merged
#: file: kept
#: run: -B -n
#: status: 2
#: run: -B -t
#: status: 2
#: run: -B -n none
#: status: 2
%.ic: ; @:
%.ok: ; @touch $@
Makefile: Makefile.ic Makefile.ok
%: %.ic
	@cat $<
