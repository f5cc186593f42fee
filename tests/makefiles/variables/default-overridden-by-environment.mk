#: env: CC=envcc
#: env: AR=envar
AR = filear
all: ; @echo $(CC) $(origin CC) $(AR) $(origin AR)
