all:
	$(if $(CC),@echo yes)
	$(foreach i,1 2,echo $i;)
