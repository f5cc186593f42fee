#: merged
#: do: printf '!<arch>\n%-16s%-12s%-6s%-6s%-8s%-10s`\nx\n' x/ 0 0 0 644 2 > lib.a; touch -d @1000000000 lib.a
#: file: x
#: run: -t all
#: run: show
#: run: --trace other
all: lib.a(x) ;
other: new.a(x)
(%): % ; echo $@ $%
show: ; @grep -a x/ lib.a
