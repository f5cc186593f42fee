all: ; @echo '$(or ,,b,$(error never)) [$(or ,)] $(and a,b,c) [$(and a,,$(error never))] [$(and  a , b )] [$(or )]'
