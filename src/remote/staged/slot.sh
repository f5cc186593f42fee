# One slot of a host: reads jobs from standard input, each a script up to a line with a dot, and runs them one after
# the other. Given: $m the mark that begins each message, $n a newline, $b what the names of its file and directories
# begin with, $keep if directories stay. Any POSIX shell will do.
exec 3>&1 4>&2 2>/dev/null
# A message that nobody reads any more is no reason to leave the directory behind.
trap : HUP INT QUIT TERM PIPE
d= two= q=0
# What a shell says of the death of its children tells a signal from an exit status; bash says it outside POSIX mode only.
(set +o posix) && set +o posix
e=$b.$$
(umask 77; set -C; : >"$e") && exec 2>>"$e"

say() {
  y=$*
  printf '\036%s %s\n' "$m" "${y%%"$n"*}" >&3
}

# ahead: makes the directory of the next job beside what runs now, so that the job need not wait for it. Who sweeps sees
# by the end of its name whether this slot is still there.
ahead() {
  q=$((q + 1)) a=$b-$q.$$
  (umask 77; exec mkdir "$a") 2>/dev/null &
  w=$!
}

# begin SIZE: takes a directory and unpacks that many bytes of archive there. All of them are read, whatever happens.
begin() {
  d=$a x=
  [ -z "$keep" ] || q=$((q + 1)) d=$b-$q
  [ -z "$keep" ] && wait "$w" || x=$(umask 77; mkdir "$d" 2>&1) || {
    [ "$1" = 0 ] || head -c "$1" >/dev/null
    say refused "$x"
    d=
    return 1
  }
  [ "$1" = 0 ] || x=$(head -c "$1" | { (cd "$d" && exec tar xpof -) 2>&1; s=$?; cat >/dev/null; exit "$s"; }) || {
    say refused "$x"
    return 1
  }
  say begun "$d"
}

# has PATH NAME: whether a program is there (0), not there (1), there but not to be run (2).
has() {
  (
    cd "$d"
    case $2 in
      */*) [ -f "$2" ] && [ -x "$2" ] || { [ -e "$2" ] && exit 2; } ;;
      *) PATH=$1; command -v -- "$2" ;;
    esac
  ) >/dev/null
}

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
  }
  ended "$i" "$k" "$s"
}

# ended NUMBER HOW STATUS: tells how a line ended, on both streams. Where nothing much can be written, nothing counts.
ended() {
  printf %65536s . >&2 && [ -s "$e" ] || say refused "cannot write to /tmp any more"
  : >"$e"
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

# finish: the job is over; its directory goes, beside the next one.
finish() {
  say over
  [ -z "$d" ] || [ -n "$keep" ] || { ahead; clean "$d" & }
  d=
}

clean() { rm -rf "$1" || { chmod -R u+rwx "$1"; rm -rf "$1"; }; } 2>/dev/null

[ -n "$keep" ] || ahead
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
[ -n "$keep" ] || clean "$d" &
wait
[ -n "$keep" ] || rm -rf "$a"
rm -f "$e"
# Whoever a recipe has left behind goes, too.
kill -s TERM -- "-$$"
