#: args: --no-silent
.SILENT:
all: ; echo all
