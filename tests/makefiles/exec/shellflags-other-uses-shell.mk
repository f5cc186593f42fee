#: file: bin/echo #!/bin/sh\nprintf 'own echo: %s\\n' "$*"
#: mode: bin/echo 755
.SHELLFLAGS = -uc
export PATH := $(CURDIR)/bin:$(PATH)
all: ; @echo a
