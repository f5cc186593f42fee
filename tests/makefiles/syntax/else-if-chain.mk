A = 3
ifeq ($(A),1)
$(info one)
else ifeq ($(A),2)
$(info two)
else ifdef A
$(info three)
else
$(info else)
endif
all: ;
