X != printf 'a\nb\n\n'
Y := $(shell printf 'a\nb\n\n')
all: ; @echo '[$(X)] [$(Y)]' $(flavor X) $(.SHELLSTATUS)
