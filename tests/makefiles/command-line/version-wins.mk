# Only the first line is GNU make's own.
all:
	@$(MAKE) -v -f missing bogus >v; echo $$?; head -n 1 v
	@$(MAKE) -f missing --ver bogus >v; echo $$?; head -n 1 v
	@$(MAKE) --version -n -q -C nowhere >v; echo $$?; head -n 1 v; rm v
