all: ; @echo '$(SUFFIXES)'; echo $(origin SUFFIXES)
