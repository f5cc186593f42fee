#: status: 2
$(info before)
$(error it failed: $(CC))
all: ;
