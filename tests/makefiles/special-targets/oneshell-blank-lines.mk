.ONESHELL:
all: front middle behind prefixes-alone comment instead silent of-prefixes expanding-to-nothing in-one-line
front:
	
	
	echo front
middle: ; echo middle
	
	  @ -
	@echo again
behind:
	echo behind
	
	
prefixes-alone:
	echo prefixes
	@
	@
comment:
	# nothing runs
	
instead:
	$(if ,,)
	
silent:
	@$(if ,,)
	
	
of-prefixes:
	@
	
expanding-to-nothing:
	$(if ,,)
	@
in-one-line:
	$(if ,,)
