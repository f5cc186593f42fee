E = a  # comment
F = b
all: ; @echo '[$(E)] [$(F)]'
