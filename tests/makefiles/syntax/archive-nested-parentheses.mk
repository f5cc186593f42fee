#: run: WITH='all: lib.a((entry))'
#: status: 2
#: run: WITH='lib.a((entry)) other: ;'
#: status: 2
#: run: WITH='% : | lib.a((entry)); @:'
#: status: 2
#: run: WITH='all: $(wildcard lib.a((entry)))'
#: status: 2
#: run: WITH='all: lib.a((en)try)'
#: status: 2
#: run: WITH='% : ;' 'lib.a((entry))'
#: status: 2
# `lib((entry))`, a member named by a symbol in it, is refused wherever a name is read.
$(info before)
$(eval $(value WITH))
$(info behind)
