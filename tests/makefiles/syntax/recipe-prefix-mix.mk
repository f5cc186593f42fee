all:
	@-+false
	 - @ false
	-@echo a; false
	  @ echo b
