R = a: b
$(R)
	@echo $@ from $^
b: ; @echo $@
