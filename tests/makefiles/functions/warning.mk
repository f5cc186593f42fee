$(warning first)
X = $(warning second)value
all:
	@echo $(X)
	@echo 'a'$(warning third)
