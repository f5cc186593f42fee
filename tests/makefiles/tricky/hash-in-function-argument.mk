X = $(subst x,\#,axb)
Y = $(subst x,#,axb)
all: ; @echo '$(X) $(Y)'
