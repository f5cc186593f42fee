load = v
load: ; @echo 'target $(load)'
