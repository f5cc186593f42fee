a.b-c/d@e = 1
x:y = 2
é = 3
all: ; @echo '$(a.b-c/d@e) $(é)'
