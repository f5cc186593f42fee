#: run: --print-directory
#: run: -w --no-print-directory
#: run: --no-print-directory -w
all: ; @echo hi
