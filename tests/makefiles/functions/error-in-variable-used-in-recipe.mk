#: status: 2
X = $(error from X)
all:
	@echo never
	@echo $(X)
