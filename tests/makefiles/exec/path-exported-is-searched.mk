#: file: mine/tool #!/bin/sh\necho mine
#: mode: mine/tool 755
export PATH := $(CURDIR)/mine:$(PATH)
all: ; @tool
X := $(shell tool)
$(info $(X))
