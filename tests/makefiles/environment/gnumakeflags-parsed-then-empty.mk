#: env: GNUMAKEFLAGS=-k -s
#: env: MAKEFLAGS=i
all: ; echo '[$(MAKEFLAGS)] [$(GNUMAKEFLAGS)] $(flavor GNUMAKEFLAGS)'; env | grep GNUMAKE
