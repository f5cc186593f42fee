#: file: c
#: file: b
#: file: a
#: mtime: c 1000
a: b ; @echo 'a because of $?'
b: c ; @echo b >$@
