.SILENT:
all: ; echo all
