#: run: CC?=mine CXX+=-m MAKE_VERSION+=x SUFFIXES+=.x .SHELLFLAGS+=-e MAKE?=make
#: run: 'X:=[$(CC)$(CURDIR)$(MAKE)$(MAKE_VERSION)$(SUFFIXES)$(MAKEFLAGS)] $(.SHELLFLAGS)'
#: run: 'X=$(CC) $(MAKE_VERSION)'
# When the command line is read there are no variables yet but those of the environment and a few of make's own.
$(info $(CC) $(origin CC); $(CXX) $(origin CXX); $(MAKE_VERSION); $(words $(SUFFIXES)))
$(info $(.SHELLFLAGS); $(MAKE) $(origin MAKE); $X)
all: ;
