include: x
	@echo target include
x: ; @echo x
include = v
sinclude := w
$(info $(include) $(sinclude))
