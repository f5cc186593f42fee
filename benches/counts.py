#!/usr/bin/env python3
"""Counted guards of speed: what no load of the machine changes, against fixed bounds.

    counts.py --make target/release/rmake

Instructions of a null build of 1000 targets of each shape, and by how much those of makefiles with much of one thing
grow (valgrind), stats per file of a null build, and system calls of the make per recipe, above those of a null build
(strace): what larger trees have more of them, since the start of a program has some that depend on the environment.
Waiting for children is left out: how many calls that takes depends on who
is faster. A bound is what was reached and a twentieth more;
doc/performance.md says which are higher than they are meant to be. Ends with status 1 when a bound is passed, with the line `N passed, M failed` in any case.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

import arguments
import run

HERE = os.path.dirname(os.path.abspath(__file__))
# Millions of instructions.
MOST = {"flat": 32.5, "flatnod": 12.7, "pattern": 23, "chain": 8.1, "fanin": 5.2, "expand": 86, "kbuild1": 132,
        "implicit": 19.6, "secexp": 27.6}
TARGETS = 1000
MOST_CALLS_PER_RECIPE = 8.5
MOST_STATS_PER_FILE = 1.05
STATS = ("stat", "lstat", "newfstatat", "statx")
RECIPES = 200
# One to three of these for each child.
WAITS = ("wait4", "ppoll", "rt_sigreturn")


# A makefile with so many of something must cost no more than in proportion: instructions of four times as many.
FEW = 1000
MOST_GROWTH = 4.4
# What is sorted is compared: there it is n log n.
MOST_GROWTH_SORTED = 4.8


# Names are of one length: longer ones take longer.
def words(stem, n):
    return " ".join(f"{stem}{i:05}" for i in range(n))


def lines(n, line):
    return "".join(line.format(i=f"{i:05}") + "\n" for i in range(n))


CORNERS = {
    "words of a variable": lambda n: f"V := {words('w', n)}\nX := $(words $(V)) $(lastword $(V)) $(word {n},$(V))\n",
    "sorted words": lambda n: f"X := $(sort {words('w', n)} {words('v', n)})\n",
    "filtered words": lambda n: f"V := {words('w', n)}\nX := $(filter $(V),$(V)) $(filter-out %9 w00005,$(V))\n",
    "+= lines": lambda n: lines(n, "V += {i}") + "V := $(V)\n" + lines(n, "V += {i}"),
    "prerequisites": lambda n: f"all: {words('p', n)}\n{words('p', n)}:\n",
    "rules for a target": lambda n: lines(n, "all: p{i}") + f"{words('p', n)}:\n",
    ":: entries": lambda n: lines(n, "more:: ;@:") + "all: more\n",
    "vpath entries": lambda n: lines(n, "vpath %.x{i} d{i}") + f"all: {words('p', 50)}\n{words('p', 50)}:\n",
    "pattern rules": lambda n: lines(n, "%.o{i}: %.c{i};@:") + f"all: {words('t.o', 50)}\n{words('t.c', 50)}:\n",
    "included files": lambda n: f"include {words('i', n)}\n",
    "links of a chain": lambda n: "all: p00000\n" + "".join(f"p{i:05}: p{i + 1:05}\n" for i in range(n)) + f"p{n:05}:\n",
}


def growth(make, place, text):
    """Instructions of a makefile with four times as many of something, by those of one with a few."""
    counts = []
    for n in (0, FEW, 4 * FEW):
        with open(os.path.join(place, "Makefile"), "w") as file:
            file.write(text(n) + "all:\n" if n else "all:\n")
        counts.append(run.irefs([make], place))
    start, few, many = counts
    return (many - start) / (few - start)


def tree(place, shape, targets, *words):
    path = os.path.join(place, f"{shape}{targets}{''.join(words)}")
    if not os.path.exists(path):
        subprocess.run([sys.executable, os.path.join(HERE, "gen.py"), shape, str(targets), path, *words],
                       check=True)
    return run.Tree(path)


def calls(command, directory):
    """How often each system call is made by the first process."""
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["strace", "-c", "-o", out.name, *command], cwd=directory, check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = {}
        for line in open(out.name):
            words = line.split()
            if re.match(r"\s*\d+\.\d+ ", line) and words[-1] != "total":
                found[words[-1]] = int(words[3])
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", type=arguments.program, default="target/release/rmake")
    make = parser.parse_args().make
    for name in [name for name in os.environ if name.startswith(("MAKE", "MFLAGS", "GNUMAKE", "RMAKE"))]:
        del os.environ[name]
    failed = passed = 0

    def judge(what, value, most):
        nonlocal failed, passed
        is_good = 0 < value <= most
        passed, failed = passed + is_good, failed + (not is_good)
        print(f"{'ok  ' if is_good else 'FAIL'} {what:32} {value:8.2f}, at most {most}", flush=True)

    with tempfile.TemporaryDirectory() as place:
        for shape, most in MOST.items():
            t = tree(place, shape, TARGETS)
            run.once([make], t.d)
            judge(f"{shape}: million instructions", run.irefs([make], t.d) / 1e6, most)
        files, stats = [], []
        for t in (tree(place, "flatnod", n) for n in (TARGETS, 2 * TARGETS)):
            files.append(sum(1 for _ in open(os.path.join(t.d, ".m", "stat"))))
            stats.append(sum(count for name, count in calls([make], t.d).items() if name in STATS))
        judge("stats per file", (stats[1] - stats[0]) / (files[1] - files[0]), MOST_STATS_PER_FILE)
        rise = {}
        for state in ("--unbuilt", "--recipe=true"):  # the second is the default of a tree that is built
            few, many = (tree(place, "flatnod", n, "--recipe=true", state) for n in (RECIPES, 2 * RECIPES))
            few, many = (sum(count for name, count in calls([make, "-j1"], t.d).items() if name not in WAITS)
                         for t in (few, many))
            rise[state] = (many - few) / RECIPES
        judge("system calls per recipe", rise["--unbuilt"] - rise["--recipe=true"], MOST_CALLS_PER_RECIPE)
    with tempfile.TemporaryDirectory() as place:
        for i in range(4 * FEW):
            with open(os.path.join(place, f"i{i:05}"), "w") as file:
                file.write(f"V{i:05} := {i:05}\n")
        for name, text in CORNERS.items():
            most = MOST_GROWTH_SORTED if name == "sorted words" else MOST_GROWTH
            judge(f"four times as many {name}", growth(make, place, text), most)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
