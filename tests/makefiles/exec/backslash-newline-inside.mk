all:
	@echo one; \
	echo two
	@echo 'a\
	b'
	@printf '%s|' a \
	  b; echo
