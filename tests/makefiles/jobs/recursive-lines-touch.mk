#: args: -t all
all:
	echo $(MAKE); touch ran1
	touch never
