#: argv0: ./tools/make
all: ; @echo '$(MAKE)|$(MAKE_COMMAND)' '$(value MAKE)'
