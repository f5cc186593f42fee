#: run:
#: run: -R
$(info $(origin GNUMAKEFLAGS))
GNUMAKEFLAGS = n$(info read when all is read)
all: ; @echo $(origin GNUMAKEFLAGS) '$(GNUMAKEFLAGS)'
