#: file: a\x20b
#: file: a\x20c
$(info [$(wildcard a\ b)] [$(wildcard a\ *)] [$(wildcard a b)])
all: ;
