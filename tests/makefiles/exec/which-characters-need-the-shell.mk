#: file: bin/p #!/bin/sh\nps -o comm= -p $PPID
#: mode: bin/p 755
#: needs: ps
export PATH := $(CURDIR)/bin:$(PATH)
all:
	@p a
	@p 'a;b'
	@p a\;b
	@p "a"
	@p a=b
	@p a@b%c,d+e:f/g-h_i
	@p a~b; :
