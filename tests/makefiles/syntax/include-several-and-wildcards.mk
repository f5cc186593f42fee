#: file: a.mk $(info a)
#: file: b1.mk $(info b1)
#: file: b2.mk $(info b2)
F = a.mk
include $(F) b?.mk
all: ;
