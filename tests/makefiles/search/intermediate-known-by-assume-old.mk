#: args: -o x.a x.d
#: file: x.a
%.b: %.a ; touch $@
%.c: %.b ; touch $@
%.d: %.c ; touch $@
