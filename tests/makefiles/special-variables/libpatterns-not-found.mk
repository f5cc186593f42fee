#: status: 2
all: -lnothing-of-that-name ; @echo $^
