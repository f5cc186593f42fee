#: file: a.in
#: file: b.in
#: run: --trace all
#: run: --trace all
# A member that ar dated 0, for archives that come out the same each time, is no member.
all: lib.a lib.a(a.in) lib.a(b.in) ; touch $@
lib.a: Makefile ; printf '!<arch>\n%-16s%-12s%-6s%-6s%-8s%-10s`\nx\n' a.in/ 0 0 0 644 2 > $@
(%): % ; @echo put $<
