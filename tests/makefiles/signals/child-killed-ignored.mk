all: a ; @ls
a: ; -@touch a; kill -KILL $$$$
