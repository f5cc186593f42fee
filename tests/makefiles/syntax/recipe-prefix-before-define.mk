define R
echo one
echo two
endef
all:
	@$(R)
