#: args: -e
#: env: E=1
E += 2
all: ; @echo '$(E)' $(origin E)
