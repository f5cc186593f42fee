#!/usr/bin/env python3
"""Writes benches/hot.ld: the functions that ordinary runs enter, for the linker to put side by side.

    hot.py --make target/release/rmake

The kernel maps code in pieces of 16 pages around each page that is entered. With the entered functions spread over
the whole program a process that does next to nothing holds all of it; side by side they are less than half.
Needs valgrind. Hashes in the names are left open, so the list outlives changes of the code; a name that is no
more is ignored by the linker, a new one is merely not among its like until this is run again.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import arguments

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = ["flat", "flatnod", "pattern", "chain", "fanin", "expand", "kbuild", "kbuild1", "implicit", "secexp", "recursive"]
HEAD = "/* Written by benches/hot.py. */\nSECTIONS\n{\n  .text.hot :\n  {\n"
TAIL = "  }\n}\nINSERT BEFORE .text;\n"


def entered(make, words, directory):
    """The addresses in `make` of the instructions that a run executes."""
    with tempfile.TemporaryDirectory() as place:
        out = os.path.join(place, "out")
        command = ["valgrind", "--tool=callgrind", "--dump-instr=yes", f"--callgrind-out-file={out}", make, *words]
        subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        objects, inside, last, found = {}, False, 0, set()
        for line in open(out):
            named = re.match(r"(c?ob)=(\(\d+\))(?: (.*))?", line)
            if named:
                path = objects.setdefault(named[2], (named[3] or "").strip())
                # What stands in the section of an earlier list belongs to no object that valgrind knows.
                inside = path in (make, "", "???") if named[1] == "ob" else inside
                continue
            cost = re.match(r"(0x[0-9a-f]+|\+\d+|-\d+|\*) ", line)
            if cost:
                word = cost[1]
                last = int(word, 16) if word[0] == "0" else last + (0 if word == "*" else int(word))
                if inside:
                    found.add(last)
        return found


def functions(make):
    """Start, end and name of each function."""
    listing = subprocess.run(["nm", "-S", make], stdout=subprocess.PIPE, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return [(int(r[0], 16), int(r[0], 16) + int(r[1], 16), r[3]) for r in rows if len(r) == 4 and r[2] in "tTwW"]


def pattern(name):
    """The section of a function, whatever the hashes in its name."""
    name = re.sub(r"17h[0-9a-f]{16}E", "17h*E", name)
    name = re.sub(r"Cs[0-9A-Za-z]{9,14}_", "Cs*_", name)
    return "    *(.text*" + re.sub(r"\.(llvm\.)?\d+$", "*", name) + ")\n"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--make", type=arguments.program, default="target/release/rmake")
    p.add_argument("--targets", type=int, default=60)
    args = p.parse_args()
    make = os.path.realpath(args.make)
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        os.environ.pop(name, None)
    addresses = set()
    with tempfile.TemporaryDirectory() as trees:
        for shape in SHAPES:
            tree = os.path.join(trees, shape)
            subprocess.run([sys.executable, os.path.join(HERE, "gen.py"), shape, str(args.targets), tree], check=True)
            addresses |= entered(make, [], tree)
            if shape == "kbuild":
                addresses |= entered(make, ["-f", "build.inc", "obj=drv/d00000", "__build"], tree)
            if shape == "recursive":
                # As a make below another one is called.
                os.environ.update(MAKEFLAGS="s --no-print-directory -- V=1", MFLAGS="-s --no-print-directory", MAKELEVEL="1")
                for words in (["-C", "sub/d00000"], ["--no-print-directory", "-C", "sub/d00001", "all", "W=2"]):
                    addresses |= entered(make, words, tree)
                for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
                    os.environ.pop(name)
            shutil.rmtree(tree)
        with open(os.path.join(trees, "m"), "w") as f:
            f.write("x:; @echo $@ | cat\n")
        addresses |= entered(make, ["-f", "m"], trees)
        addresses |= entered(make, ["-f", "/dev/null", "-q", "x"], trees)
    names = set()
    for start, end, name in functions(make):
        if not addresses.isdisjoint(range(start, end)):
            names.add(pattern(name))
    with open(os.path.join(HERE, "hot.ld"), "w") as f:
        f.write(HEAD + "".join(sorted(names)) + TAIL)
    print(f"{len(names)} functions")


if __name__ == "__main__":
    main()
