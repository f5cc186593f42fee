A := $(shell exit 3)
$(info $(.SHELLSTATUS))
B := $(shell kill -9 $$$$)
$(info $(.SHELLSTATUS))
C := $(shell nosuchcommand-x 2>/dev/null)
$(info $(.SHELLSTATUS))
D := $(shell :)
$(info $(.SHELLSTATUS) $(origin .SHELLSTATUS))
all:
