#: file: two/x
#: file: three/y
VPATH = one two:three
all: x y ; @echo $^
