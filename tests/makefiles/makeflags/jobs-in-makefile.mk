MAKEFLAGS += -j3
$(info [$(MAKEFLAGS)])
all: ; @echo '$(filter -j%,$(MAKEFLAGS))'
