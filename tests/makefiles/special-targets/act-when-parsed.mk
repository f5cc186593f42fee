.POSIX:
X := $(CC)
$(info $(X))
all: ;
