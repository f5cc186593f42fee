#: args: -f -
#: makefile: -
#: stdin: all: ; @echo '$(X)'\ninclude x.mk\nx.mk: ; @echo 'X = 1' >$@
