#: env: MAKE_TERMOUT=/dev/x
all: ; @echo "[$$MAKE_TERMOUT] [$(MAKE_TERMOUT)]"
