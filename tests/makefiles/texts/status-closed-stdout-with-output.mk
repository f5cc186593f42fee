all: ; @$(MAKE) --no-print-directory hello >&- 2>err; echo $$?; cat err; rm err
hello: ; $(info hello)
