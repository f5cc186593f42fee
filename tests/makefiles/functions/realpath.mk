#: file: d/x
#: link: l d/x
#: link: dl d
all: ; @echo '$(realpath l dl/x d/../d ./d/x nope) [$(realpath nope)]'
