all: ; @echo '$(flavor GNUMAKEFLAGS) $(origin GNUMAKEFLAGS)'; env | grep -c GNUMAKE || :
