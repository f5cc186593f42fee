#!/bin/sh
# oracle.sh [DIR]
#
# Print the path of GNU make 4.4.1, built from Debian's source package make-dfsg
# without guile and message catalogues: what rmake is compared with.  Built on
# first use, in DIR, and found there afterwards.
#
# DIR defaults to ${XDG_CACHE_HOME:-~/.cache}/rmake/oracle.  The source comes by
# gnu-suite-fetch.sh, which lists the variables that tell it where to look.
# Needs a C compiler and a make of any kind; no root.

set -eu
say() { echo "oracle: $*" >&2; }
self=$(readlink -f "$0")
dir=${1:-${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/rmake/oracle}
case $dir in /*) ;; *) dir=$PWD/$dir;; esac

is_oracle() { [ -x "$1" ] && [ "$("$1" --version 2>/dev/null | head -n 1)" = 'GNU Make 4.4.1' ]; }
is_oracle "$dir/make" && { echo "$dir/make"; exit 0; }
if command -v make >/dev/null; then boot=make
elif command -v gmake >/dev/null; then boot=gmake
else boot=; fi

mkdir -p "$dir"
# one build at a time; who waited finds it done
exec 9>"$dir/.lock"
flock 9
is_oracle "$dir/make" && { echo "$dir/make"; exit 0; }
src=${GNU_SUITE_SRC:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/rmake-gnu-suite}
[ -f "$src/configure" ] || "$(dirname "$self")/gnu-suite-fetch.sh" "$src" >&2

w=$(mktemp -d); trap 'rm -rf "$w"' EXIT; trap 'exit 130' INT TERM HUP
say "building GNU make 4.4.1 from $src"
cp -a "$src" "$w/src"
# Debian leaves doc/ out, configure wants its makefile
mkdir -p "$w/src/doc" "$w/build"; : > "$w/src/doc/Makefile.in"
# A recipe of ours may be running this: its flags are not for the build.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS
if ! {  cd "$w/build"
        "$w/src/configure" --without-guile --disable-nls
        if [ -n "$boot" ]; then
            $boot -C lib -j2 && $boot -j2 make
        else
            sh build.sh
        fi
     } > "$w/log" 2>&1
then say "the build failed:"; tail -n 30 "$w/log" >&2; exit 1; fi
is_oracle "$w/build/make" || { say "what was built is not GNU make 4.4.1"; exit 1; }
cp "$w/build/make" "$dir/make.new"
mv "$dir/make.new" "$dir/make"
echo "$dir/make"
