all: ; @echo '$(abspath a ../a ./b/./c/../d /x/../y // nope/..)'
