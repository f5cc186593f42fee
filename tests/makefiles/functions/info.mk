$(info   a,  b )
X := $(info i)x
all: ; @echo $(X)$(info from recipe)
