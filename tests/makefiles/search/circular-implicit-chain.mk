%.a: %.b ; @echo $@
%.b: %.a ; @echo $@
x.a:
