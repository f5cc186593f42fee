#: file: prog.zz
.SUFFIXES: .zz
.zz: ; @echo '$@ from $<'
prog:
