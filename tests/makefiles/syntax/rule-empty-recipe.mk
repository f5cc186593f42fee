a: b ;
b: ; 
c:
all: a c
.DEFAULT_GOAL = all
