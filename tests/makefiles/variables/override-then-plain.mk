override X = a
X = b
X += c
override X += d
all: ; @echo '$(X)' $(origin X)
