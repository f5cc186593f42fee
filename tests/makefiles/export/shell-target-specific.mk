a: export V = t
a: ; @echo '[$(shell echo $$V)]'
