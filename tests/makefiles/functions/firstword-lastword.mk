all: ; @echo '[$(firstword a b)] [$(lastword a b)] [$(firstword )] [$(lastword )] [$(lastword  x )]'
