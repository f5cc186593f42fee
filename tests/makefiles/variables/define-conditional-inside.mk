define X
ifdef Y
a
endif
endef
$(info $(X))
all: ;
