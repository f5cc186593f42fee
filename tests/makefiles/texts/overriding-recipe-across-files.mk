#: file: x.mk a:\n\t@echo old
include x.mk
a:
	@echo new
