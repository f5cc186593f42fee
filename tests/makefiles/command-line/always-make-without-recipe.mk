#: file: both
#: file: inner
#: file: newer
#: file: x.mk both: inner ; @echo $@ for $?\ninner: newer\nnewer:\n
# Under -B a target without a recipe is made when a prerequisite is newer, though none was made.
N = | grep -v -e ^Copyright -e ^License -e ^This -e ^There -e ^Built -e '^GNU Make'
all:
	@$(MAKE) -f x.mk
	@$(MAKE) -f x.mk -B
	@$(MAKE) -f x.mk -B inner
	@$(MAKE) -rRf x.mk -B --debug=v $N
