#: args: -I one -I- -I two
#: file: one/a.mk $(info one/a)
#: file: two/b.mk $(info two/b)
-include a.mk
include b.mk
all: ; @echo '$(.INCLUDE_DIRS)'
