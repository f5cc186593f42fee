X := $(shell echo 'a # b' "c" \# d)
all: ; @echo '$(X)'
