#: env: V=1
undefine V
all: ; @echo "[$${V-unset}]" '$(origin V)'
