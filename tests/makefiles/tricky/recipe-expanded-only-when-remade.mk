#: file: a
a: ; @echo never $(info never) $(file >x,never)
all: a ; @echo all $(info yes)
.DEFAULT_GOAL = all
