#: args: --environment-overrides
#: env: X=from env
X = from makefile
override Y = o
all: ; @echo '$(X) $(origin X) $(origin Y) $(origin PATH)'
