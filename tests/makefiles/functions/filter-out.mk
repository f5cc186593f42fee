all: ; @echo '$(filter-out main%.o x,main1.o foo.o main2.o x) [$(filter-out %,a)] [$(filter-out ,a  b)]'
