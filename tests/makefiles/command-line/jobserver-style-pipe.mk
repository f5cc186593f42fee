#: args: --jobserver-style=pipe -j2
all: ; +@echo '$(MAKEFLAGS)' | sed 's/=[0-9]*,[0-9]*/=R,W/'
