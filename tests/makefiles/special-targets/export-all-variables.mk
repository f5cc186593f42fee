V = 1
all: ; @echo $$V
.EXPORT_ALL_VARIABLES:
