#: file: d/x
#: file: .hidden
#: file: e/
all: ; @echo '$(wildcard */) $(wildcard d/*) $(wildcard .h*) [$(wildcard *)]'
