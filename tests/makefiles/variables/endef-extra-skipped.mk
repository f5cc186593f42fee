#: status: 2
ifeq (a,b)
define X
endef # a comment
endif
$(info read)
ifeq (a,b)
define X
endef extra
endif
all: ; @echo made
