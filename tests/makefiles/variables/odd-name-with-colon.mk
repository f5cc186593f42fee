#: status: 0
x:y = 2
all: ; @echo $(x:y)
