#: args: --debug=n --debug=p
$(info [$(MAKEFLAGS)])
all: ;
