#: args: -k -k -Ia -Ia -j2 -j3 -Oline -Onone
$(info [$(MAKEFLAGS)])
all: ; @:
