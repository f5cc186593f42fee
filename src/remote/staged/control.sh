# One for each connection to a host: answers heartbeats, passes signals on, and cleans up when the other side is gone.
# Given: $m the mark that begins each message, $n a newline, $h what directories of this machine's jobs begin with.
exec 2>/dev/null
trap : HUP INT QUIT TERM PIPE
umask 77
say() {
  y=$*
  printf '\036%s %s\n' "$m" "${y%%"$n"*}"
}
slots=

# What slots that are no more have left: an earlier connection was lost.
for d in "$h"*.*; do
  [ -O "$d" ] && [ ! -h "$d" ] || continue
  case ${d##*.} in
    *[!0-9]*) ;;
    *) kill -0 "${d##*.}" || rm -rf "$d" ;;
  esac
done

b=$h$r.$$
x=$(mkdir "$b" 2>&1) || {
  say bad "$x"
  exit 1
}
trap 'rm -rf "$b"' EXIT
x=$( (printf '#!/bin/sh\nexit 7\n' >"$b/x") 2>&1) && [ -s "$b/x" ] || {
  say bad "cannot write to /tmp (full?)"
  exit 1
}
chmod 700 "$b/x"
"$b/x"
[ $? = 7 ] || {
  say bad "/tmp does not let programs run (mounted noexec?)"
  exit 1
}
[ "$(printf abc | head -c 2)" = ab ] || {
  say bad "no head -c"
  exit 1
}
[ "$(cd "$b" && tar cf - x | tar tf -)" = x ] || {
  say bad "no tar that works"
  exit 1
}
[ "$(env -i A=b env)" = A=b ] || {
  say bad "no env -i"
  exit 1
}
rm -f "$b/x"

# all SIGNAL: passes a signal on to the process groups of all slots.
all() { for p in $slots; do kill -s "$1" -- "-$p"; done; }

# sweep: removes what the slots of this session have left.
sweep() { for p in $slots; do rm -rf "$h${r%%-*}-"*."$p"; done; }

# gone: nobody listens any more.
gone() {
  all TERM
  sleep 1
  all KILL
  sweep
  rm -rf "$b"
}

# A connection may be lost without being closed: a heartbeat makes the file anew, this takes it away and finds it missing.
# This shell itself may have been killed.
: >"$b/alive"
(
  trap - HUP INT QUIT TERM PIPE EXIT
  exec </dev/null >/dev/null
  i=0
  while sleep 2; do
    i=$((i + 1))
    kill -0 $$ && [ "$i" != 10 ] && continue
    i=0
    kill -0 $$ && [ -e "$b/alive" ] || { slots=$(cat "$b/slots"); gone; kill -KILL $$; exit; }
    rm -f "$b/alive"
  done
) &
w=$!

say ready $$
while read -r c x y; do
  case $c in
    beat) : >"$b/alive"; say beat ;;
    slot) slots="$slots $x"; echo "$slots" >"$b/slots" ;;
    kill) kill -s "$x" -- "-$y" ;;
    remove) rm -rf "$h"*."$x" ;;
  esac
done
kill -s KILL "$w"
for p in $slots; do
  kill -0 "$p" && { gone; break; }
done
sweep
