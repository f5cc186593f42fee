#: needs: seq
T := $(addprefix t,$(shell seq 1 5000))
all: $(T) ; @echo $(words $^)
$(T): ;
.PHONY: all $(T)
