#: status: 2
-load nosuch.so
all: ; @echo ok
