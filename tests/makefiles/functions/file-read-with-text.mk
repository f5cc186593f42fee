#: file: in
#: status: 2
X := $(file <in,text)
all: ;
