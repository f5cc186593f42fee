$(info [$(.SHELLSTATUS)])
all:
