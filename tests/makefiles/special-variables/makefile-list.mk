#: args: -f a.mk -f b.mk
#: makefile: -
#: file: a.mk include c.mk\nA := $(lastword $(MAKEFILE_LIST))
#: file: b.mk all: ; @echo '[$(A)] [$(MAKEFILE_LIST)] $(flavor MAKEFILE_LIST)'
#: file: c.mk C := $(MAKEFILE_LIST)\n$(info $(C))
