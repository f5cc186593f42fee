#: run: a b
#: run:
#: run: X=1 -k b
a b: ; @echo '[$(MAKECMDGOALS)] $(origin MAKECMDGOALS)'
