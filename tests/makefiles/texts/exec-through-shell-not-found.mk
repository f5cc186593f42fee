all: ; nosuchcommand-x; :
