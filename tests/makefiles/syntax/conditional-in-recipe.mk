A = 1
all:
ifdef A
	@echo with A
else
	@echo without A
endif
	@echo both
