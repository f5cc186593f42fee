#: args: -n
X := $(shell echo ran)
all: ; echo '$(X) $(shell echo now >&2)'
