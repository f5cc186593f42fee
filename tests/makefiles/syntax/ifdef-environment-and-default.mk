#: env: FROM_ENV=
ifdef CC
$(info CC)
endif
ifdef FROM_ENV
$(info never)
else
$(info empty)
endif
all: ;
