#: status: 2
all:
-include $(NOTHING)
	@echo never
