#: env: HOME=<dir>
#: file: x.mk $(info x)
include ~/x.mk
all: ;
