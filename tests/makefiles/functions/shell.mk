all: ; @echo '[$(shell printf 'a\nb\n\n')] [$(shell echo a; exit 2)] $(.SHELLSTATUS) [$(shell )]'
