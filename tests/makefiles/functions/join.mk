all: ; @echo '$(join a b c,.1 .2) $(join a,.1  .2 .3) [$(join ,)]'
