#: args: -k a b c d e f
#: status: 2
a: ; @kill -TERM $$$$
b: ; @kill -KILL $$$$
c: ; @kill -INT $$$$
d: ; @kill -HUP $$$$
e: ; @kill -USR1 $$$$
f: ; @kill -PIPE $$$$
