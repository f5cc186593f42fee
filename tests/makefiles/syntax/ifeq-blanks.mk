ifeq (a ,a)
$(info before comma dropped)
endif
ifeq (a, a)
$(info after comma dropped)
endif
ifeq ( a,a)
$(info after open dropped)
else
$(info after open kept)
endif
ifeq (a,a )
$(info before close dropped)
else
$(info before close kept)
endif
ifeq "a " "a"
$(info quotes dropped)
else
$(info quotes kept)
endif
all: ;
