#: status: 2
define R
@echo a
@exit 2
endef
all:
	@echo first
	$(R)
