$(info [$(wildcard *.new)])
$(shell touch a.new)
$(info [$(wildcard *.new)])
$(file >b.new,x)
$(info [$(wildcard *.new)])
$(shell rm a.new)
$(info [$(wildcard *.new)])
all: ;
