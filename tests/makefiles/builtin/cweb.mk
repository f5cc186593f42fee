#: args: -n a.c b.tex
#: file: a.w
#: file: b.w
