#: status: 2
#: todo: lib((entry)) is refused as it is read
$(info before)
all: lib.a((entry))
$(info behind)
