#: args: -j2 -Otarget
all: ; @$(MAKE) sub
sub: s1 s2
s1: ; @echo s1; touch s.r
s2: s1 ; @echo s2
