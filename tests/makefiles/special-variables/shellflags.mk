.SHELLFLAGS = -xc
all: ; @echo "$(.SHELLFLAGS)" 2>&1
$(info $(origin .SHELLFLAGS))
