export A = $(B)
B = early
X := $(shell echo $$A)
B = late
all: ; @echo $(X) $(shell echo $$A)
