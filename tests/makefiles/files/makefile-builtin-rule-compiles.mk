#: file: m.mk.sh echo no
#: args: -f m.mk
#: makefile: -
#: file: m.mk %: %.c ; @echo 'never $@'\nall: ; @echo '[$@]'
