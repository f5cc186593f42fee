#: args: -j2
#: env: MAKE_TMPDIR=<dir>/nowhere
all: ; +@echo '$(MAKEFLAGS)' | sed 's/=[0-9][0-9]*,[0-9]*/=R,W/'
