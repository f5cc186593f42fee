define X = junk
v
endef junk
all: ; @echo '$(X)'
