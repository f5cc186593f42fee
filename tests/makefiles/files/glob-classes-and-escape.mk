#: file: a1
#: file: b2
#: file: c*
all: ; @echo '$(wildcard [ab]?) $(wildcard [!ab]*) $(wildcard c\*)'
