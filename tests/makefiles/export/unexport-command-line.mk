#: args: V=1
unexport V
all: ; @echo "[$$V]" '$(V)'; echo "$$MAKEFLAGS"
