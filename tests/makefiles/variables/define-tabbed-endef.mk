define X
a
	endef
b
endef
$(info $(X))
all: ;
