all: ; @echo '[$(subst  a,b , a )] [$(if  a , b , c )] [$(findstring  a,xa)]'
