all:
	@echo '$(subst x,y,a \
	  x \
	  b)'
