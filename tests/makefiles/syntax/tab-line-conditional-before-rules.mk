#: status: 2
	ifdef CC
	$(info taken)
	endif
all: ; @echo ok
