all: ; @echo '$(sort foo bar lose foo B a _ 10 9 é) [$(sort )]'
