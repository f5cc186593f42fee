A = a
ifeq (a,$(A))
$(info 1)
endif
ifeq "a" "$(A)"
$(info 2)
endif
ifeq 'a' '$(A)'
$(info 3)
endif
ifeq "a" '$(A)'
$(info 4)
endif
ifeq 'a' "$(A)"
$(info 5)
endif
ifneq ($(A),)
$(info 6)
endif
ifeq (,)
$(info 7)
endif
ifeq ''""
$(info 8)
endif
all: ;
