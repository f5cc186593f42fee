#: needs: dash
#: file: bin/test #!/bin/sh\necho own test
#: file: bin/true #!/bin/sh\necho own true
#: file: bin/printf #!/bin/sh\necho own printf
#: mode: bin/test 755
#: mode: bin/true 755
#: mode: bin/printf 755
#: status: 2
export PATH := $(CURDIR)/bin:$(PATH)
all:
	@test x
	@true x
	@printf x
	@read x || echo builtin read
	@:
	@exit 0
	@. ./nothing || echo builtin dot
