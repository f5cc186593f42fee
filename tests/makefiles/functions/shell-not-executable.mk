#: file: script echo no
X := $(shell ./script)
all: ; @echo '[$(X)] $(.SHELLSTATUS)'
