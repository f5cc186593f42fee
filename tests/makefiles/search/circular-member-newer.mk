#: file: lib
#: do: touch -d @1600000000 lib; touch -d @1600000001 w; touch -d @1600000002 r; touch -d @1600000003 t
#: run: -q
#: status: 1
#: run: -q r
#: run: -q t
#: status: 1
#: do: touch -d @1600000002 w; touch -d @1600000001 r
#: run: -q
#: run: -q t
#: do: touch -d @1600000003 w; touch -d @1600000002 r; touch -d @1600000001 t
#: run: -q
#: status: 1
#: run: -q r
#: run: t
w r t &: lib ; @echo making $@ for $?
t: r
