#: status: 2
all: ;
endef
