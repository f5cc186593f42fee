n := 0
all: a b c ; @echo '$(n)'
a b c: ; $(eval n := $(words x $(n:0=)))@echo '$@ $(n)'
