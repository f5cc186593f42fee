#: needs: dash
all: ; nosuchcommand-x; :
