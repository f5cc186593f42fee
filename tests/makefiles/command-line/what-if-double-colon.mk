#: merged
#: run: -Wall
#: status: 2
#: run: -k -W all b
#: status: 2
#: run: -o all b
#: run: -n -W all b
#: status: 2
# To GNU make -o and -W of such a target are one more entry of it, one that no rule makes.
all:: ; @echo 1
all:: ; @echo 2
b: all ; @echo b
