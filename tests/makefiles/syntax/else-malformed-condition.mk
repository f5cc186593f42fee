#: status: 2
ifdef NOPE
else ifeq
$(info not read)
else
$(info not read either)
endif
$(info read)
endif
ifdef NOPE
else ifneq "x" y z
$(info not read)
endif
$(info read)
endif
ifdef NOPE
else ifdef a b
$(info not read)
endif
$(info read)
all: ;
