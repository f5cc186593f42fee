#: file: x.mk V = included
$(eval include x.mk)
all: ; @echo '$(V) $(MAKEFILE_LIST)'
