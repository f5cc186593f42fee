x y &:: a ; @echo 'one $@'
x z &:: b ; @echo 'two $@'
a b: ;
all: x y z
.DEFAULT_GOAL = all
