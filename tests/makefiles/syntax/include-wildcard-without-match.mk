#: status: 2
-include *.none
include *.nope
all: ; @echo ok
