#: file: a.t
#: file: b.t
*.t: ; @echo 'never $@'
all: a.t b.t ; @echo all
.PHONY: a.t
.DEFAULT_GOAL = all
