#: run: -w -O
#: run: -w -O -j2
#: merged
$(info reading)
VPATH = $(info vpath)
.EXTRA_PREREQS = $(info extra)
.SUFFIXES: .ib .ic
.ib.ic: foo
	@echo
a: ; @echo a
