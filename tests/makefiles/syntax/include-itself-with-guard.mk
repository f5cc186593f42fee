ifndef SEEN
SEEN = 1
include Makefile
endif
$(info once more)
all: ; @echo '$(MAKEFILE_LIST)'
