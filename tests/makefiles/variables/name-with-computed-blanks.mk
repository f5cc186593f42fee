S := a b
$(S) = 1
all: ; @echo '$(a b)' '$($(S))'
