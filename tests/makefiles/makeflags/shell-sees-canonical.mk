MAKEFLAGS += -k -s
X := $(shell echo "$$MAKEFLAGS")
all: ; echo '[$(X)]' "[$$MAKEFLAGS]"
