#: env: SHELL=/bin/echo
#: args: X!=one SHELL+=two
# When the command line is read SHELL is that of the environment.
$(info $X; $(SHELL))
all: ;
