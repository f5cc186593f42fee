all: ; @echo "[$$MAKE_TERMOUT] [$$MAKE_TERMERR] [$(MAKE_TERMOUT)]"
