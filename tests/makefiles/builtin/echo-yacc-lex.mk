#: args: -n a.c b.c c.r
#: file: a.y
#: file: b.l
#: file: c.l
