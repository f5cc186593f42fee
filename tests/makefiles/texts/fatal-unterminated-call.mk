#: status: 2
X = $(call a
all: ; $(X)
