L = a b c
all: ; @echo '$(foreach x,$(L),<$(x)>) [$(foreach x,,never)] [$(x)] $(foreach x,1 2,$(foreach y,a b,$x$y))'
