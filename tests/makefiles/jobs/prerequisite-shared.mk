#: args: -j4 -s
all: a b c
a b c: common ; test -f common.done && echo ok
common: ; sleep 0.1; touch common.done; echo common
