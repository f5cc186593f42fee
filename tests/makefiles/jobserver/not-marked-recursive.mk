#: args: -j2 --jobserver-style=pipe
M = $(MAKE)
X := make
all: ; @$(X) --no-print-directory sub
sub: ; @:
