#: args: -j2 -Otarget
all: ; +@echo one; echo two
