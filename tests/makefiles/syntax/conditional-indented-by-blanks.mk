  ifdef CC
    $(info CC)
  endif
all: ;
