#: file: a.x
X = *.x
all: $(X) ; @echo '$(X)' $(X) $^
