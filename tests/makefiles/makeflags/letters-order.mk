#: run: -R -r -k -s
#: run: -s -n -k -i
#: run: -L -B -e -r
#: run: -w -t
#: run: -q
#: run: -b -m -S
$(info [$(MAKEFLAGS)])
all: ;
