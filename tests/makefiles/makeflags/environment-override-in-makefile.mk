#: env: X=env
X = file1
MAKEFLAGS += -e
X = file2
all: ; @echo '$(X) $(origin X)'
