#: file: one/x
#: file: two/y
VPATH = one
all: x y ; @echo $^
VPATH += two
