#: status: 2
all:
	@echo 1 \
	  2
	@echo 3; \
	  exit 4
