all: ; @echo "[$$MAKEFLAGS] [$$MFLAGS]" '[$(MFLAGS)] $(origin MFLAGS)'
