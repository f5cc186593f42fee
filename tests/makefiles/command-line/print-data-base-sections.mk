#: file: in.mk all:
all: ; @$(MAKE) -prRf in.mk | grep -E '^# (Make data base|Variables|Pattern-specific|Directories|Implicit Rules|Files|VPATH|No|Finished)' | sed 's/ on [A-Z].*//'
