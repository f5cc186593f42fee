#: file: b
#: file: a
#: file: c
a:: c ; @echo one
d: a ; @echo 'd $?'
.DEFAULT_GOAL = d
