all: ; @$(MAKE) --no-print-directory ok --eval= 2>err; echo status $$?; sed '/^Usage/q' err; rm -f err
ok: ; @echo ok
