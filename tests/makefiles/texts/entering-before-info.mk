#: args: -w
#: merged
$(info while reading)
all: ; @echo all
