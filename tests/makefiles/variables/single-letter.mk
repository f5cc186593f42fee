x = 1
xy = 2
all: ; @echo $x $xy ${x}y $(xy) $ x
