#: file: x.a
#: status: signal 15
%.b: %.a ; cp $< $@
%.c: %.b ; @kill -TERM $$PPID; sleep 5; echo never
x.c:
