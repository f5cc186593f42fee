#: args: -f - V=1
#: makefile: -
#: stdin: all: ; @echo '$(V) $(X) [$(MAKE_RESTARTS)]'\n-include x.mk\nx.mk: ; @echo 'X = x' >$@
