define E
endef
define L

endef
all: ; @echo '[$(E)]' '$(flavor E)' '$(words x$(L)y)'
