#: args: -e
#: env: X=from env
X = from makefile
all: ; @echo '$(X) $(origin X)'
