A = 1
all: ; @echo "$$A"
.EXPORT_ALL_VARIABLES:
