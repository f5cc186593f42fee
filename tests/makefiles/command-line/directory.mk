#: args: -C sub
#: file: sub/Makefile all: ; @pwd | sed 's/.*[/]//'; echo $(notdir $(CURDIR))
