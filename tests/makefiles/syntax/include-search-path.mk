#: args: -I inc
#: file: inc/sub/x.mk $(info inc/sub)
#: file: inc/y.mk $(info inc/y)
#: file: y.mk $(info ./y)
include sub/x.mk
include y.mk
all: ; @echo '$(MAKEFILE_LIST)'
