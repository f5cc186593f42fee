#: args: C=1 O=1
#: env: E=1
F = 1
override O = 1
all: ; @echo '$(foreach v,CC E F C O @ NOPE,$(origin $v),)'
