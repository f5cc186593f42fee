#: status: 2
all:
	@echo a
define X
v
endef
	@echo $(X)
