#: args: -j2 -O
$(info [$(MAKEFLAGS)])
all: ; +@echo '[$(MAKEFLAGS)]'
