#: file: a
#: file: real
#: mtime: real 100000
#: link: l real
a: l ; @echo 'a $?'
