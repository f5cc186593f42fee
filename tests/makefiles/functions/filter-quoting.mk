all: ; @echo '$(filter \%,% a) $(filter a\%b,a%b axb) $(filter a%\%b,ax%b)'
