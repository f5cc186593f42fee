all: ; @echo '$(warning )$(info )'
