all: ; @echo '$(.SHELLFLAGS) $(origin .SHELLFLAGS) $(flavor .SHELLFLAGS)'
