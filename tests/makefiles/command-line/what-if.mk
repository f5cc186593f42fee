#: run: a
#: run: -W c a
#: run: --what-if=c a
#: run: --new-file c a
#: run: --assume-new=c -n a
#: file: c x
#: file: b x
#: file: a x
a: b ; @echo $@ newer: $?
b: c ; @echo $@ newer: $?
