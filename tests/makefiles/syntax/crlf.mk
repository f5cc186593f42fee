#: makefile: -
#: file: Makefile X = 1\r\nifeq ($(X),1)\r\nY = 2\r\nendif\r\nall: a\r\n\t@echo '$(X)' $(Y)\r\na: ; @echo a\r\ndefine M\r\nm\r\nendef\r\n
