all:
	@echo 'x\
		y\
  z'
