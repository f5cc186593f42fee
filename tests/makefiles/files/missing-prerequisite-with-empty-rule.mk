#: file: a
a: force ; @echo 'a $?'
force:
