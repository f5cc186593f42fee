all: ; @echo '$(SHELL)' "[$$SHELL]"; env | grep -c '^SHELL=' || :
