#: run: t
#: run: -L t
#: run: --check-symlink-times t
#: file: real x
#: file: t x
#: link: link real
t: link ; touch -d @1577837800 t
