#: file: x.c
all: x.o y.o
	@echo all
x.o: ;
y.o:
%.o: %.c ; @echo 'implicit $@'
