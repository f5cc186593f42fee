#: status: 2
all: ; ./nosuchcommand
