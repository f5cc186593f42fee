#: file: x.ic
#: file: x.ib
# The rule that fails leaves what it has found to a rule without prerequisites that fits next.
all: x.ic ; @echo $^
%.ic: %.ib absent.in
	@echo never
%.ic:
	@echo from $^
