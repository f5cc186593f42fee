ifdef CC # comment
$(info yes)
else # comment
endif # comment
all: ;
