# Puts the worker on a host, if it is not there yet, and becomes it.
# Given: $m the mark that begins each message, $k the kernel and machine the worker is for, $d its digest, $s its size,
# $b how many of its bytes come at once, $t what nobody's directory begins with.
umask 77
t=$t.$$
h=$(uname -n)
say() { printf '\036%s %s\n' "$m" "$*"; }
x=$(uname -sm)
[ "$x" = "$k" ] || { say bad "$x is not $k"; exit; }
[ -e /dev/fuse ] || { say bad 'FUSE: there is no /dev/fuse (load the kernel'\''s module fuse)'; exit; }
[ -r /dev/fuse ] && [ -w /dev/fuse ] || {
  say bad 'FUSE: /dev/fuse is not open to this user (chmod 666 /dev/fuse, as most systems have it)'
  exit
}

# whole FILE: whether it is the worker, and runs here, which it says itself.
whole() {
  [ -f "$1" ] && [ -O "$1" ] && [ "$(wc -c <"$1")" -eq "$s" ] && [ "$("$1" --digest)" = "$d" ]
} 2>/dev/null

# put DIRECTORY: has the worker there, or says in $why why not. Others may be at it, too: it gets its name when it is whole.
put() {
  f=$1/worker-$d
  whole "$f" && return
  why="$1 cannot be written (full?)"
  mkdir -p "$1" 2>/dev/null
  # What was not whole when its shell was killed.
  for p in "$f.$h".*; do
    case ${p##*.} in
      *[!0-9]*) ;;
      *) kill -0 "${p##*.}" 2>/dev/null || rm -f "$p" ;;
    esac
  done
  p=$f.$h.$$
  (: >"$p") 2>/dev/null || return
  trap 'rm -f "$p"; rmdir "$t" 2>/dev/null' EXIT
  # A shell that dies of a signal leaves what it has put there.
  trap 'exit 1' HUP INT TERM PIPE
  say again
  i=0
  while [ "$i" -lt "$s" ]; do
    n=$((s - i))
    [ "$n" -le "$b" ] || n=$b
    say send "$n"
    # What cannot be written has to be read all the same.
    head -c "$n" | { cat >>"$p" || cat >/dev/null; } 2>/dev/null
    i=$((i + n))
    [ "$(wc -c <"$p")" -eq "$i" ] || { rm -f "$p"; return 1; }
  done
  chmod 700 "$p"
  why="$1 does not let the worker run (mounted noexec?)"
  whole "$p" && mv -f "$p" "$f" && return
  rm -f "$p"
  return 1
}

c=${XDG_CACHE_HOME:-$HOME/.cache}/rmake
o=
put "$c" || {
  y=$why
  # One that is there for this connection alone.
  o=--passing
  mkdir "$t" 2>/dev/null && put "$t" || { rm -rf "$t"; say bad "$y"; exit; }
  say note "$y"
}
trap - EXIT HUP INT TERM PIPE
# Of other versions the last used ones stay; what runs of another one runs on.
touch -c "$f" 2>/dev/null
[ -n "$o" ] || ls -t "$c" 2>/dev/null | grep -x 'worker-[0-9a-f]*' | tail -n +5 | while read -r p; do rm -f "$c/$p"; done
cd /
say start
exec "$f" $o
