E =
all:
	$(E)
	@$(E)
	   $(E)
