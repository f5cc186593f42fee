#: status: 2
# The left side is expanded before the right one is looked for.
all: ; @:
ifeq "$(error left)"
endif
