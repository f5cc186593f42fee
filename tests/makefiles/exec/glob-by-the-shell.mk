#: file: a.x
#: file: b.x
all: ; @echo *.x
