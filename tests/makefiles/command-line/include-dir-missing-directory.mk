#: args: -I one -I nowhere
#: file: one/
all: ; @echo '$(filter %one %nowhere,$(.INCLUDE_DIRS))' '$(MAKEFLAGS)'
