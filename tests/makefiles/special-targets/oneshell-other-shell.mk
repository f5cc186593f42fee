#: needs: perl
.ONESHELL:
SHELL = perl
.SHELLFLAGS = -e
all:
	@my $$x = 1;
	  @y = (1, 2);
	print "$$x @y\n";
