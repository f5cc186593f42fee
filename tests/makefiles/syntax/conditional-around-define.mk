ifdef NOPE
define X
endif
endef
else
X = 1
endif
all: ; @echo $(X)
