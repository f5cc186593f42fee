#: args: -j3
all: ; +@echo '$(MAKEFLAGS)'
