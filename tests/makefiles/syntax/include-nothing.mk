include
include $(NOTHING)
-include
all: ; @echo ok
