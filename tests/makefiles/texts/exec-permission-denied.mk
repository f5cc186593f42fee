#: file: script echo no
#: status: 2
all: ; ./script
