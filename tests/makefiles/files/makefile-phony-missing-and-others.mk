#: run: -k -f one.mk
#: status: 2
#: run: -f two.mk
#: status: 2
#: run: -f three.mk
#: status: 2
#: makefile: one.mk
#: file: two.mk include ph.mk
#:|.PHONY: ph.mk
#:|include ph.mk
#: file: three.mk sinclude missing.mk
#:|sinclude made.mk
#:|made.mk: ; @echo 'G += $@' > $@
#:|.PHONY: ph.mk
#:|include ph.mk
#:|$(info G=$(G))
.PHONY: ph.mk
include ph.mk
include gen.mk
