#: args: -j2
$(info [$(MAKEFLAGS)])
all: ; +@echo '[$(MAKEFLAGS)]' '[$(shell echo "$$MAKEFLAGS")]' "[$$MAKEFLAGS]"
