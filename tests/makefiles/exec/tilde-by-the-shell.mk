#: env: HOME=/h
all: ; @echo ~ ~/x
