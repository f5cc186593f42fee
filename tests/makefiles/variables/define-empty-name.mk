#: status: 2
define
v
endef
all: ;
