#: args: X=1
X = 2
X += 3
override Y = $(X)
override X += 4
all: X = 5
all: ; @echo '$(X) $(Y) $(origin X)'
