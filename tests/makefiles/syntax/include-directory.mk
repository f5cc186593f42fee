#: file: sub/
#: status: 2
-include sub
include sub
all: ; @echo ok
