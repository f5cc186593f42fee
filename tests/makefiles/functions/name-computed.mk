F = subst
all: ; @echo '[$($(F) a,b,a)] [$(call $(F),a,b,a)]'
