.SILENT:
all: ; echo "[$$MAKEFLAGS]"
