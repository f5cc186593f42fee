a:=b
all: ; @echo '$(a)'
