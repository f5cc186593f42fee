#: file: b.in
#: file: a.in
all: *.in *.none ; @echo $^
*.none: ; @echo 'made $@'
