#: args: --trace all
include inc.mk
inc.mk: ; @echo 'A = 1' > $@
all: ; @echo $A
