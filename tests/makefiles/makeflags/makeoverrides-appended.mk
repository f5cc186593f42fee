#: args: A=1
MAKEOVERRIDES += B=2
all: ; @$(MAKE) --no-print-directory sub
sub: ; @echo '$(A) $(B) $(origin B)'
