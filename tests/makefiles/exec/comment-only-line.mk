all:
	# just a comment
	@# silent comment
	@echo ok
