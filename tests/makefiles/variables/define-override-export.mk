#: args: X=cmd
override define X
file
endef
export define Y
yes
endef
all: ; @echo $(X) $$Y
