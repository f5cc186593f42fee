#: file: d/
#: status: 2
all: ; ./d
