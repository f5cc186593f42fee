#: run: -o b
#: run: --old-file=c a
#: run: --assume-old=b
#: file: a x
#: file: b x
#: file: c x
a: b ; @echo $@ $?
b: c ; @echo $@ $?
c:: d ; @echo $@ $?
d: ; @echo $@
