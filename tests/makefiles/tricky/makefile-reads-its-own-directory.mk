#: args: -f sub/Makefile
#: file: sub/inc.mk X = found
#: file: sub/Makefile HERE := $(dir $(lastword $(MAKEFILE_LIST)))\ninclude $(HERE)inc.mk\nall: ; @echo '$(X) $(HERE)'
#: makefile: -
