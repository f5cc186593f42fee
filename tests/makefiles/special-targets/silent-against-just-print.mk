#: args: -n
.SILENT:
all: ; echo all
