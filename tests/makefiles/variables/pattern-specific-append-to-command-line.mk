#: args: T=c
all: one two three four five six ; @echo 'all: $(T)'
one two three four five six: ; @echo '$@: $(T)'
%ne: T += x
%wo: T = x
%wo: T += y
%hree: T += x
%hree: T += y
%our: override T += x
fiv%: T += x
five: T += y
si%: T += x
si%: T = y
