#: args: A=1 B=2
undefine A
override undefine B
all: ; @echo '[$(A)] [$(B)] $(origin B)'
