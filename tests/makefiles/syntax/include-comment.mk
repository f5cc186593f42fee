#: file: x.mk $(info x)
include ./x.mk # am--include-marker
all: ;
