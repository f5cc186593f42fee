#: file: loop.mk N := x $(N)\nifneq ($(words $(N)),200)\ninclude loop.mk\nendif
include loop.mk
all: ; @echo $(words $(N)) $(words $(MAKEFILE_LIST))
