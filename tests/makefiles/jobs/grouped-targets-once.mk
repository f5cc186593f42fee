#: args: -j4
all: x y
x y &: ; @sleep 0.1; echo once; touch x y
