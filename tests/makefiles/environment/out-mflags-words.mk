#: args: -s -Oline -l2.5 -I one -j1 --trace --shuffle=none
all: ; @for w in $$MFLAGS; do echo "$$w"; done
