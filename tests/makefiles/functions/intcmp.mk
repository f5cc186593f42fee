all: ; @echo '[$(intcmp 1,1)] [$(intcmp 1,2)] $(intcmp 1,2,lt,eq,gt) $(intcmp 2,2,lt,eq,gt) $(intcmp 3,2,lt,eq,gt) $(intcmp 2,2,lt,ge) $(intcmp 3,2,lt,ge) [$(intcmp 2,2,lt)] [$(intcmp 1,2,lt)]'
