a a: ; @echo $@
