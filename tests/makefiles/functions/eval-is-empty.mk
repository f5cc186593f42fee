X := [$(eval Y = 1)]
all: ; @echo '$(X) $(Y)'
