#: args: --trace
#: file: a.out
#: file: a.mid
# With `$?` empty `--trace` names the prerequisites that do not exist, of any kind and as often as they are listed.
%.gone: %.mid ; @: $@
%.none: ; @: $@
%.out: %.gone %.none %.gone | order ; @: '[$?]'
all: a.out
order: ; @: $@
