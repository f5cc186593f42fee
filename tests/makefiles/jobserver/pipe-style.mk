#: args: -j3 --jobserver-style=pipe
all: ; +@echo '$(MAKEFLAGS)' | sed 's/=[0-9][0-9]*,[0-9]*/=R,W/'
