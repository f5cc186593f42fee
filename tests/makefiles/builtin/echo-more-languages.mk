#: args: -n a.o b.o c.o d.o e.o f.o
#: file: a.cpp
#: file: b.C
#: file: c.f
#: file: d.F
#: file: e.p
#: file: f.m
