# comment \\
all: ; @echo ok
