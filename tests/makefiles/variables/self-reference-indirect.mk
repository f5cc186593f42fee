#: status: 2
X = $(Y)
Y = $(Z)
Z = $(X)
all: ; @echo $(X)
