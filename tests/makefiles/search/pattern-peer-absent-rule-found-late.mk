$(shell touch foo.id)
all: foo.id ; @echo all
%.id %.iex: ; @echo made $@
