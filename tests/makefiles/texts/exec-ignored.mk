all: ; -nosuchcommand-x
	@echo after
