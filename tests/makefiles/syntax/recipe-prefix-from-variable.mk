AT = @
DASH = -
all:
	$(AT)echo quiet
	$(DASH)$(AT)false
