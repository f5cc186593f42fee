#: status: 2
X = $(X) a
all: ; @echo $(X)
