#: args: -j2 -O
#: merged
all: a
a:
	@echo one
	$(info from info)
	@echo $(warning from warning)two
b: ; $(error stop)
