#: file: x.a
%.b: %.a | %.dir ; @echo '$^ | $|'
%.dir: ; @echo $@
x.b:
