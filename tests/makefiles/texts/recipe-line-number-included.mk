#: file: sub/x.mk all:\n\t@echo x\n\t@exit 9
#: status: 2
include sub/x.mk
