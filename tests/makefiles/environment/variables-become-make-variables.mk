#: env: FOO=a $(BAR) b
#: env: BAR=x
all: ; @echo '$(FOO)' '$(origin FOO) $(flavor FOO)' "$$FOO"
