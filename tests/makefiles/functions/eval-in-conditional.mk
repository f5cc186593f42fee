ifeq ($(eval X = 1)$(X),1)
$(info yes)
endif
all: ;
