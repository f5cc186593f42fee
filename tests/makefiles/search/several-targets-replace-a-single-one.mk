#: file: x.ib
all: x.ic
%.ic: %.ib
	@echo one
%.ic %.id: %.ib
	@echo several; touch x.ic x.id
