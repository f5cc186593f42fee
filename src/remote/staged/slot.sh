# One slot of a host: reads jobs from standard input, each a script up to a line with a dot, and runs them one after
# the other. Given: $m the mark that begins each message, $n a newline, $e where to put a file of its own. Any POSIX
# shell will do.
exec 3>&1 4>&2 2>/dev/null
trap : HUP INT QUIT TERM
d= keep= two=
# What a shell says of the death of its children tells a signal from an exit status; bash says it outside POSIX mode only.
(set +o posix) && set +o posix
e=$e.$$
(umask 77; set -C; : >"$e") && exec 2>>"$e"

say() {
  y=$*
  printf '\036%s %s\n' "$m" "${y%%"$n"*}" >&3
}

# begin SIZE: makes the job's directory and unpacks that many bytes of archive there. All of them are read, whatever happens.
begin() {
  x=$(umask 77; mkdir "$d" 2>&1) || {
    [ "$1" = 0 ] || head -c "$1" >/dev/null
    say refused "$x"
    d=
    return 1
  }
  [ "$1" = 0 ] || x=$(head -c "$1" | { (cd "$d" && exec tar xpof -) 2>&1; s=$?; cat >/dev/null; exit "$s"; }) || {
    say refused "$x"
    return 1
  }
  say begun
}

# has PATH NAME: whether a program is there.
has() { (cd "$d" && PATH=$1 && command -v -- "$2") >/dev/null; }

# run NUMBER WORD...: runs a line.
run() {
  i=$1
  shift
  (cd "$d" && exec "$@" 3>&- 4>&-) >&3 2>&4 </dev/null
  s=$?
  k=exit
  [ "$s" -le 128 ] || [ ! -s "$e" ] || {
    k=signal
    case $(cat "$e") in *core\ dump*) k=core ;; esac
    : >"$e"
  }
  ended "$i" "$k" "$s"
}

# ended NUMBER HOW STATUS: tells how a line ended, on both streams.
ended() {
  [ -z "$two" ] || printf '\036%s\n' "$m" >&4
  say line "$@"
  [ "$3" = 0 ]
}

# out NAME...: sends what is there of the job's targets.
out() {
  c=$#
  for f do
    if [ -e "$d/$f" ] || [ -h "$d/$f" ]; then set -- "$@" "$f"; fi
  done
  shift "$c"
  [ $# = 0 ] || {
    say archive
    x=$( (cd "$d" && tar cf - "$@") 2>&1 >&3) || {
      say unpacked "$x"
      return 1
    }
  }
}

# finish: the job is over; its directory goes.
finish() {
  say over
  [ -z "$d" ] || [ -n "$keep" ] || rm -rf "$d" || { chmod -R u+rwx "$d"; rm -rf "$d"; }
  d=
}

say ready $$
s=
while IFS= read -r l; do
  if [ "$l" = . ]; then
    eval "$s"
    s=
  else
    s=$s$l$n
  fi
done
[ -z "$d" ] || [ -n "$keep" ] || rm -rf "$d"
rm -f "$e"
