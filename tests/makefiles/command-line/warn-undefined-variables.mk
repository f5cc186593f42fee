#: args: --warn-undefined-variables
Y = $(NOPE)
Z := $(X)$(or $(W),1)
all: ; @echo $(Y) $(NOPE2) $(CC) $(MAKECMDGOALS)
ifdef NOPE3
endif
