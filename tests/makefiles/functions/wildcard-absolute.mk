#: file: a.c
all: ; @echo '$(wildcard $(CURDIR)/*.c)'
