#: args: X=cmd
X += lost
override X += kept
X += lost2
all: ; @echo '$(X)'
