#: file: x
#: file: x2
#: file: x3
#: file: nf
#: file: y
#: file: z
#: file: w
#: run: -rn
#: run: -rq
#: status: 0
#: run: -rnt
all: y z w
y: x ; $(info y from $?)
x: ph ;
z: x2 ; $(info z from $?)
x2: nf ;
w: x3 ; $(info w from $?)
x3: ph ; $(E)
ph: ; $(info ph)
.PHONY: ph
