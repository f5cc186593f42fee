vpath
vpath a
all: ; @echo ok
