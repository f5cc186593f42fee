#: file: inc/x.mk $(info found)
.INCLUDE_DIRS = inc
-include x.mk
all: ; @echo '$(.INCLUDE_DIRS)' '$(MAKEFILE_LIST)'
