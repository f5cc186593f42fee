all: ; @$(MAKE) --no-print-directory hello >/dev/full 2>err; echo $$?; cat err; rm err
hello: ; $(info hello)
