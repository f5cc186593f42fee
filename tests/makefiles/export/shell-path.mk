#: file: mybin/tool #!/bin/sh\necho mine
#: mode: mybin/tool 755
export PATH := $(CURDIR)/mybin:$(PATH)
$(info $(shell tool))
all: ; @tool
