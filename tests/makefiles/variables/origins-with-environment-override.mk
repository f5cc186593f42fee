#: args: -e C=1
#: env: E=1
#: env: O=1
E = 2
override O = 2
all: ; @echo '$(E) $(O) $(origin E), $(origin O), $(origin PATH)'
