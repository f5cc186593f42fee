#: args: x y
.DEFAULT: ; @echo 'default for $@ <$<>'
y: z
