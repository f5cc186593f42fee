#: args: -I one --include-dir=two -Ithree
#: file: one/a.mk $(info one/a)
#: file: two/a.mk $(info two/a)
#: file: two/b.mk $(info two/b)
#: file: three/c.mk $(info three/c)
include a.mk b.mk c.mk
all: ; @echo '$(MAKEFLAGS)' $(wordlist 1,3,$(.INCLUDE_DIRS))
