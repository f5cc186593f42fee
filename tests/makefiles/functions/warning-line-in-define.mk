define M
$(warning inside)
echo x
endef
all:
	@echo a
	@$(M)
