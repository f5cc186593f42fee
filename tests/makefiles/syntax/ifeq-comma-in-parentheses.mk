ifeq ($(subst a,b,xax),xbx)
$(info ok)
endif
ifeq ((a,b),(a,b))
$(info odd)
endif
all: ;
