#: args: -ki X=1
MAKEFLAGS =
$(info [$(MAKEFLAGS)])
MAKEFLAGS := 
all: ; @echo '[$(MAKEFLAGS)]'; $(MAKE) --no-print-directory sub
sub: ; @echo '[$(MAKEFLAGS)] $(X)'
