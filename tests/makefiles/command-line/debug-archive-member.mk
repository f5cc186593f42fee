#: file: x.mk all: lib(one) lib(two.o)\n(%.o): ; @:\n
# A member's rule is searched by its whole name first, then by what stands in parentheses.
all: ; @$(MAKE) -rRkf x.mk --debug=i 2>/dev/null | grep lib
