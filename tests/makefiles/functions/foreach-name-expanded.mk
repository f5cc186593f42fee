N = v
v = o
all: ; @echo '$(foreach $(N),1 2,$(v)) [$(foreach  z ,1,$(z))]'
