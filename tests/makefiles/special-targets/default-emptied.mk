.DEFAULT: ; @echo never
.DEFAULT: ;
all: a
