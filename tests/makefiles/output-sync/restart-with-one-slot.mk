#: args: -O -w -k
#: status: 2
$(info reading $(MAKE_RESTARTS))
include broken
include other
broken: ; @echo cannot; false
other: ; @echo making $@; echo > $@
all: ; @echo all
