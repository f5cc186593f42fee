#: file: bin/echo #!/bin/sh\nprintf 'own echo: %s\\n' "$*"
#: mode: bin/echo 755
export PATH := $(CURDIR)/bin:$(PATH)
all:
	@echo direct
	@echo through shell;
