#: file: x.mk all: a b\na: ; @sleep .1\nb: a ; @:\n
# While prerequisites are being made they are not finished; a jobserver has one token less than jobs.
all: ; @$(MAKE) -rRf x.mk --debug=v,j -j3 --no-print-directory 2>/dev/null | grep -e prerequisites -e Acquired
