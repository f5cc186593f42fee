# A further `::` rule inherits from who asks for the target, also when a prerequisite has had another parent before.
all: other lib
lib: member
lib: T = of lib
other member:: source
member:: ; @echo '$(T)'
.SECONDARY:
source: ;
