all: ; @$(MAKE) --no-print-directory ok -f '' 2>err; echo status $$?; sed '/^Usage/q' err; rm -f err
ok: ; @echo ok
