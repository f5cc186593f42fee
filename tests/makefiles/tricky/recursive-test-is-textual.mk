#: args: -n
SUB = $(MAKE) sub
all:
	$(SUB)
	echo '$(MAKE)' >ran
