ifdef NOPE
ifeq (a,a)
$(error never)
else
$(error never)
endif
else
ifneq (a,b)
$(info here)
endif
endif
all: ;
