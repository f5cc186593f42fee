#: status: 2
all: ; nosuchcommand-x arg
