#: run: --just-print
#: run: --dry-run
#: run: --recon
all: ; @touch $@
