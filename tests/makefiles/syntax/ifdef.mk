E =
F = $(E)
N = F
ifdef E
$(info E)
endif
ifdef F
$(info F)
endif
ifdef $(N)
$(info N)
endif
ifndef NOPE
$(info not NOPE)
endif
all: ;
