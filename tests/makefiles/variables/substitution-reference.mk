S = a.c b.c c.h
all: ; @echo '$(S:.c=.o)' '$(S:%.c=%.o)' '$(S:a%=%a)' '$(S:=.x)'
