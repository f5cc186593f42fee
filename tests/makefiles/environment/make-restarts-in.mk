#: env: MAKE_RESTARTS=2
all: ; @echo '[$(MAKE_RESTARTS)] $(origin MAKE_RESTARTS)'; env | grep -c RESTARTS || :
