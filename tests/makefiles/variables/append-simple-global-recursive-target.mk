V := g
X = late
a: V += $(X)
a: ; @echo '$(V)' $(flavor V)
X = later
