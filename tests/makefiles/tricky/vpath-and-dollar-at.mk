#: file: src/x.in
#: file: src/x.out
#: mtime: src/x.in 1000
VPATH = src
x.out: x.in ; @echo '$@ $< $?'
all: x.out ; @echo '$^'
.DEFAULT_GOAL = all
