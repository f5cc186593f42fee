#: status: 2
X = a \
  b \
  $(error here)
Y := $(X)
all: ;
