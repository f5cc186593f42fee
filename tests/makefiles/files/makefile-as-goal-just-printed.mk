#: file: in
#: mtime: Makefile -5
#: run: -n Makefile
#: run: -n ./Makefile all
#: run: -q Makefile
#: status: 1
#: run: -t Makefile
#: run: -n all
#: run: -n inc
all: ; @echo all
-include inc
Makefile: in ; @echo '#' >> $@
inc: ; @echo '#' > $@
