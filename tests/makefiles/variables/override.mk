#: args: X=cmd Y=cmd Z=cmd
override X = file
override Y += more
Z = file
override Z ?= q
all: ; @echo '$(X), $(Y), $(Z)' $(origin X) $(origin Y) $(origin Z)
