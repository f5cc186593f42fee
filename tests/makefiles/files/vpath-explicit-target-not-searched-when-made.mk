#: file: src/gen
#: file: in
VPATH = src
all: gen ; @echo '$^'
gen: in ; touch $@
