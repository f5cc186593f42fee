#: status: 2
all: ; +@$(MAKE) --no-print-directory sub
sub: ; @touch sub; kill -TERM $$PPID; sleep 5
