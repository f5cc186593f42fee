all:
	@echo a # b
	@echo 'a#b'
# comment in the recipe
	# shell comment
	@echo done
