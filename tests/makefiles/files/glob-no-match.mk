$(info [$(wildcard *.nope)] [$(wildcard nope)])
all: *.nope
%.nope: ; @echo 'made $@'
