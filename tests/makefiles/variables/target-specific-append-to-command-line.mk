#: args: V=cmd
a: V += t
a: override V += o
a: ; @echo '$(V)'
