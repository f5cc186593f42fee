#: file: in.mk all: a b\na: ; @kill -USR1 $$PPID; sleep 0.2\nb: ; @echo b
all: ; @$(MAKE) --no-print-directory -rRf in.mk | grep -e '^b' -e 'target file .b' -e 'Must remake target .b'
