#: args: -O
all: ; +@echo '$(MAKEFLAGS)'
