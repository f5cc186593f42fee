#: env: foo=outside
all: prog other s
prog::
other prog:: ; @echo "$@ [$$foo] [$(foo)] [$$bar]"
prog: private foo := inside
prog: export bar := shown
s:: ; @echo "$@ [$$foo] [$(foo)]"
s:: ; @echo "$@ [$$foo] [$(foo)]"
s: private foo := inside
