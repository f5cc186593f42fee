#: env: MAKEFLAGS=$(MINE)$(info [$(GNUMAKEFLAGS)][$(MAKE)][$(CC)][$(CURDIR)][$(abspath a)][$(filter .%,$(sort $(.VARIABLES)))]) A=$(MINE) B=$$(MINE)
#: env: GNUMAKEFLAGS=$(if $(MINE),s)
#: env: MINE=k
all: ; @echo '[$(MAKEFLAGS)] $(A) $(B)'; echo "$$MINE"
