#: env: HOME=<dir>
#: file: x
all: ~/x ; @echo $^
