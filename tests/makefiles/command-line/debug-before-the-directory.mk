#: file: x.mk $(info read)\nquiet: ;\nloud: ; @echo loud\n
#: file: y.mk quiet: ;\nloud: ; @echo loud\n
# What -d tells does not announce the directory.
N = 2>&1 | grep -v -e ^Copyright -e ^License -e ^This -e ^There -e ^Built -e '^GNU Make'
all:
	@$(MAKE) -rRf x.mk -w --debug=b quiet $N
	@$(MAKE) -rRf x.mk -w --debug=b loud $N
	@$(MAKE) -rRf y.mk -d -q quiet $N
	@$(MAKE) -rRf y.mk -d loud $N | grep -v -i child
