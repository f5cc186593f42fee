#: status: 2
all: ; exit 42
