.ONESHELL:
all: front middle behind prefixes-alone comment
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
	
