%.out: %.a ; @echo from a
%.out: %.b ; @echo from b
x.b: ; @echo x.b
x.out:
