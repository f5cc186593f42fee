#: needs: ar
#: file: a.o a
.SECONDEXPANSION:
all: lib.a(a.o) ; @echo '$^'
lib.a(a.o): $$%  ; @echo '[$@] [$%] [$^]'
