#: file: inc/x.mk $(info found)
MAKEFLAGS += --include-dir=inc
include x.mk
all: ; @echo '[$(MAKEFLAGS)] $(firstword $(.INCLUDE_DIRS))'
