#: file: mine/tool #!/bin/sh\necho mine
#: mode: mine/tool 755
all: export PATH := $(CURDIR)/mine:$(PATH)
all: ; @tool
