#: argv0: tools/./gmake
#: status: 2
all: ; @echo '$(MAKE)'; exit 1
