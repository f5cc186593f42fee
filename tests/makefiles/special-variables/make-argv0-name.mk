#: argv0: gmake
#: status: 2
all: ; @echo '$(MAKE)'; false
