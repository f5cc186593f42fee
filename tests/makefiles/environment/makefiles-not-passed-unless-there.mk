#: env: MAKEFILES=
all: ; @echo '[$(MAKEFILES)] $(origin MAKEFILES)'; env | grep ^MAKEFILES
