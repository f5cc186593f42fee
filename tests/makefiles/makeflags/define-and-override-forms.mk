override MAKEFLAGS += -k
define MAKEFLAGS
s
endef
$(info [$(MAKEFLAGS)])
all: ; echo '[$(MAKEFLAGS)]'
