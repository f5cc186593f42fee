#: args: 'A=$(B)' 'B=$(C)' C=1
C = 2
all: ; @echo $(A)
