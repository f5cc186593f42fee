#: run: -k X=1 MAKEOVERRIDES=
#: run: -k X=1 MAKEOVERRIDES=Y=2
# With MAKEOVERRIDES empty by the command line MAKEFLAGS never has a `--`.
$(info [$(MAKEFLAGS)])
ifdef MAKELEVEL
all: ; @echo '[$(MAKEFLAGS)] $X $Y'; test $(MAKELEVEL) = 1 || $(MAKE)
endif
