S = a.c b.c
F = c
T = $(F)
all: ; @echo '$(S:.$(F)=.$(T)o)' '$(S:a.%=$(T)%)'
