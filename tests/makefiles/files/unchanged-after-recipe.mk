#: file: c
#: file: b
#: file: a
#: mtime: c 1000
a: b ; @echo a
b: c ; @echo 'b not touched'
