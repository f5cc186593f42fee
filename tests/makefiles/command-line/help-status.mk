all: ; @$(MAKE) -h >help; echo $$?; head -n 1 help; $(MAKE) --help -f missing | cmp - help && rm help
