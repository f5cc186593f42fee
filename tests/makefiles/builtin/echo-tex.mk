#: args: -n a.dvi b.dvi c.info d.tex
#: file: a.tex
#: file: b.texi
#: file: c.texinfo
#: file: d.web
