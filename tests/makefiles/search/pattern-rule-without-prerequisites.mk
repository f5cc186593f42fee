%.gen: ; @echo 'gen $*'
all: a.gen b.gen
.DEFAULT_GOAL = all
