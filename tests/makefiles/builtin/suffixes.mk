all: ; @echo '$(SUFFIXES)'
