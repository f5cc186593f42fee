#: args: --shuffle=42 --no-print-directory
all: ; @echo '$(MAKEFLAGS)'
