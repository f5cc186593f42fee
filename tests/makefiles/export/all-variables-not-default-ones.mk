.EXPORT_ALL_VARIABLES:
all: ; @echo "[$${CC-unset}] [$${MAKE_VERSION-unset}] [$${CURDIR-unset}]"
