#: args: -j2
all: pre .WAIT main
pre: ; @sleep 0.1; echo pre
main: ; @echo main
