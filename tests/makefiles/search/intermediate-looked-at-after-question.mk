#: args: -q --trace
#: status: 1
all: lies made
made: ; touch $@
lies: ; touch $@
.INTERMEDIATE: lies
