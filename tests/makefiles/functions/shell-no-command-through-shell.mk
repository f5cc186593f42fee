#: needs: dash
X := $(shell nosuchcommand-x; :)
all: ; @echo '[$(X)] $(.SHELLSTATUS)'
