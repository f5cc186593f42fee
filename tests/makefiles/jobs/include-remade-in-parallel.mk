#: args: -j2 -s
all: ; echo '$(A) $(B)'
include a.mk b.mk
a.mk: ; until test -f b.r; do sleep 0.02; done; echo 'A = 1' >$@
b.mk: ; touch b.r; echo 'B = 2' >$@
