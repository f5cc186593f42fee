#: file: script echo from script
#: mode: script 755
all: ; @./script
