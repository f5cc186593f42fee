#: status: 2
x.d:
x.a: V = known
%.b: %.a ; touch $@
%.c: %.b ; touch $@
%.d: %.c ; touch $@
