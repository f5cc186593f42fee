all: ; @echo '$(notdir $(abspath ../a)) $(abspath a ./b/./c/../d /x/../y // nope/..)'
