all: ; @echo '$(patsubst %.c,\%.o,x.c) $(patsubst \%.c,y,%.c x.c) $(patsubst %.c,%%.o,x.c)' '$(patsubst a\\%b,[%],a\xb)'
