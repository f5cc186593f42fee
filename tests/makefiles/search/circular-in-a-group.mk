#: file: w
#: file: v.x
#: file: z
#: file: x
#: run: w
#: do: touch -d @1600000000 v.x w
#: run: v.x
#: do: rm v.x; touch -d @1600000000 w
#: run: w v.x
v.x w &: ; @echo making $@ from $^
w: v.x x
v.x: z
