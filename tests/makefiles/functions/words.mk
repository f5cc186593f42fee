all: ; @echo '$(words a  b	c) $(words ) $(words $(words))'
