#: file: s echo "script $# $1"
#: mode: s 755
all: ; @./s 'a b' c
