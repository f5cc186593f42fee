#: run:
#: run:
#: run: V=2
V = 1
all: out ; @echo all; touch all
out: FORCE ; @echo '$(V)' >tmp; cmp -s tmp out || mv tmp out; rm -f tmp
FORCE:
