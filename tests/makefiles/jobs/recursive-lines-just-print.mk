#: needs: dash
#: args: -n
X = $(MAKE)
all:
	echo $(MAKE); touch ran1
	echo ${MAKE}; touch ran2
	+touch ran3
	echo $X; touch never4
	echo $(or $(MAKE)); touch ran5
	echo $$(MAKE) 2>/dev/null; touch maybe6
