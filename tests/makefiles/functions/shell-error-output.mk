X := $(shell echo out; echo err >&2)
all: ; @echo '$(X)'
