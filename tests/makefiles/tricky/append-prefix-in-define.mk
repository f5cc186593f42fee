define A
@echo one
endef
define A +=
@echo two
endef
all:
	$(A)
