x.c: ; @echo '[$*]'
y: ; @echo '[$*]'
z.unknown: ; @echo '[$*]'
all: x.c y z.unknown
.DEFAULT_GOAL = all
