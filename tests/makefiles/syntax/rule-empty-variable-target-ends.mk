#: status: 2
$(NOTHING): a ; @echo never
	echo ignored

# a comment does not end it
ifdef CURDIR
	echo ignored, too
endif
$(NOTHING)
	echo not ignored
all: ; @echo all
