#: file: in.mk X = 1
#:|define M
#:|a
#:|b
#:|endef
#:|Y := $(X)2
#:|override Z += 3
#:|a: c ; echo $@
#:|c:
#:|d:: c
#:|	@echo d
#:|	echo d2
#:|%.x: %.y ; echo $<
#:|%.z: P = q
#:|a: T := t
#:|.PHONY: d
all:
	@$(MAKE) -pqrRf in.mk Q=r >out; :
	@awk '/^#/ { c = $$0; next } /^(X|Y|Z|Q|MAKE_VERSION|MAKEFLAGS|CURDIR|.DEFAULT_GOAL|SHELL) / { print $$0, c }' out | sort
	@sed -n -e '/^define M/,/^endef/p' -e '/^%\./,/^$$/p' out | grep -v '^# variable set\|^# Load'
	@sed -n '/^[acd]:/,/^$$/p' out | sed 's/^#  Last modified.*/#  Last modified/; /^# variable set/d; /^# Load/d; /^# automatic/,+1d' | sort
	@rm out
