#!/usr/bin/env python3
"""What a build in sandboxes costs beside the same build without: all processor time of both sides.

    away.py --make target/release/rmake [--sets redis,cxx,lua,cp] [--pairs 3] [--cold 1] [--delay MS] [--keep DIR]

Each set is built with `rmake -j2` (plain), and with `rmake -j2 --hosts='+local 2' --dist=always`: with an empty
cache (cold), and with the store and the notes of an earlier build (warm). Plain and warm builds take turns.
Every build is from a fresh copy of the tree at one path, in a cgroup of its own, whose usage the kernel adds up
without loss once the last process in it, daemons included, has ended; the worker with its jobs has a second one
within. The client is rmake and rmake-session: their threads are looked at as they run, since the rest of that group is
what recipes start at home.
Columns: seconds of cpu (medians); ratios to plain (medians over pairs); the client's part of all cpu of warm builds;
round trips per recipe, one recipe at a time, counted by tests/tools/turns.py, an upper bound; wall to plain; what
kernel threads took meanwhile, of anybody. With --delay a line tells what a link costs that delays each word by half of
so many milliseconds: round trips per recipe, counted and by the clock. For `cp`: milliseconds more per recipe than plain, without what a build of
a single recipe takes more.
Targets are printed with each ratio; ends with status 1 if one is missed and --strict is given. Needs root.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "tests" / "realworld"))

import arguments
import fetch  # noqa: E402

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TURNS = HERE.parent / "tests" / "tools" / "turns.py"
AWAY = ["--hosts=+local 2", "--dist=always"]
HEADERS, SOURCES, RECIPES = 60, 16, 200


def package(name):
    def unpack(tree):
        _, dsc = fetch.source(name, fetch.SUITE, {})
        fetch.unpack(dsc, str(tree), False)
    return unpack


def cxx(tree):
    """Sources that each include large headers of the system's and half of sixty of the project's."""
    (tree / "include" / "deep").mkdir(parents=True)
    (tree / "src").mkdir()
    for n in range(HEADERS):
        body = "".join(f"template <class T> inline T f{n}_{k}(T x) {{ return x + T({k}); }}\n" for k in range(80))
        more = f'#include "h{n + 7}.h"\n' if n + 7 < HEADERS else ""
        (tree / "include" / f"h{n}.h").write_text(f"#pragma once\n{more}{body}")
    for n in range(SOURCES):
        own = "".join(f'#include "h{h}.h"\n' for h in range(n % 2, HEADERS, 2))
        (tree / "src" / f"s{n}.cc").write_text(
            f"#include <iostream>\n#include <map>\n#include <regex>\n#include <string>\n{own}"
            f'int s{n}() {{ std::map<std::string, int> m; m["x"] = f{n % 2}_1({n}); return m["x"]; }}\n')
    (tree / "src" / "main.cc").write_text("int s0();\nint main() { return s0() > 9; }\n")
    (tree / "Makefile").write_text(
        "SOURCES := $(wildcard src/*.cc)\nOBJECTS := $(SOURCES:src/%.cc=out/%.o)\n"
        "prog: $(OBJECTS) ; $(CXX) -o $@ $^\n"
        "out/%.o: src/%.cc | out ; $(CXX) -O0 -Iinclude -MMD -c -o $@ $<\nout: ; mkdir out\n")


def cp(tree):
    tree.mkdir(parents=True)
    for n in range(RECIPES):
        (tree / f"a{n}").write_text(f"{n}\n")
    (tree / "Makefile").write_text("all: $(patsubst a%,b%,$(wildcard a*))\nb%: a% ; cp $< $@\n")


# name: what makes the tree, where make runs, its arguments, the highest warm and cold ratio
SETS = {
    "redis": (package("redis"), ".", ["MALLOC=libc", "OPTIMIZATION=-O1", "V=1"], 1.10, 1.35),
    "cxx": (cxx, ".", [], 1.10, 1.35),
    "lua": (package("lua5.4"), "src", ["linux", "MYCFLAGS=-O0"], 1.15, 1.35),
    "cp": (cp, ".", [], None, None),
}
MOST_MS, MOST_SHARE, MOST_TRIPS = 2.0, 0.05, 3


class Meter:
    """Runs commands in cgroups and tells what all processes in them took."""

    def __init__(self):
        for line in open("/proc/mounts"):
            _, place, kind, *_ = line.split()
            if kind == "cgroup2":
                self.top = pathlib.Path(place, f"rmake-away-{os.getpid()}")
                break
        else:
            raise SystemExit("away: no cgroup2 is mounted")
        self.worker = self.top / "worker"
        self.worker.mkdir(parents=True)

    def usage(self, group):
        """Returns microseconds of cpu, and the user's and the system's part."""
        words = (group / "cpu.stat").read_text().split()
        return int(words[1]) / 1e6

    def is_empty(self):
        return all(not (group / "cgroup.procs").read_text() for group in (self.top, self.worker))

    def run(self, words, directory, env, log):
        """Returns seconds of cpu of all, of the worker's side, wall seconds, and what kernel threads took."""
        before = self.usage(self.top), self.usage(self.worker), kernel_threads(), time.monotonic()
        script = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
        watch = Watch(self.top)
        with open(log, "w") as out:
            done = subprocess.run(["sh", "-c", script, self.top, *words], cwd=directory, env=env, stdout=out,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        wall = time.monotonic() - before[3]
        if done.returncode != 0:
            raise SystemExit(f"away: {' '.join(map(str, words))}: status {done.returncode}, see {log}")
        deadline = time.monotonic() + 20
        while not self.is_empty():
            if time.monotonic() > deadline:
                raise SystemExit("away: something is left running")
            time.sleep(0.02)
        client = watch.end()
        after = self.usage(self.top), self.usage(self.worker), kernel_threads()
        all_, worker, kernel = (late - early for late, early in zip(after, before))
        return {"cpu": all_, "client": min(client, all_ - worker), "wall": wall, "kernel": kernel}

    def close(self):
        self.worker.rmdir()
        self.top.rmdir()


class Watch(threading.Thread):
    """Looks at the processes of rmake's own in a group as they run: what each has taken was read a moment before its end."""

    NAMES = ("rmake", "rmake-session")
    PAUSE = 0.01

    def __init__(self, group):
        super().__init__(daemon=True)
        self.group, self.taken, self.is_over = group, {}, threading.Event()
        self.start()

    def run(self):
        while not self.is_over.wait(self.PAUSE):
            for pid in (self.group / "cgroup.procs").read_text().split():
                try:
                    if pathlib.Path("/proc", pid, "comm").read_text().strip() in self.NAMES:
                        ran = pathlib.Path("/proc", pid, "schedstat").read_text().split()[0]
                        self.taken[pid] = int(ran) / 1e9
                except OSError:
                    pass

    def end(self):
        """Returns the seconds of cpu of all of them."""
        self.is_over.set()
        self.join()
        return sum(self.taken.values())


def kernel_threads():
    """Returns the seconds of cpu of all kernel threads: what is put off to them belongs to no group."""
    total = 0
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and pathlib.Path("/proc", name, "stat").read_text().rsplit(")", 1)[1].split()[1] == "2":
                total += int(pathlib.Path("/proc", name, "schedstat").read_text().split()[0])
        except OSError:
            pass
    return total / 1e9


def programs(make, directory, before):
    """Puts the programs side by side, with one in the worker's place that does something first."""
    directory.mkdir(exist_ok=True)
    for name in ("rmake", "rmake-session"):
        shutil.copy2(make.with_name(name), directory / name)
    worker = directory / "rmake-worker"
    real = make.with_name("rmake-worker")
    worker.write_text(f'#!/bin/sh\n{before} {real} "$@"\n')
    worker.chmod(0o755)
    return directory / "rmake"


class Bench:
    def __init__(self, name, make, work, meter):
        self.name, self.make, self.work, self.meter = name, make, work, meter
        made, self.dir, self.args, *_ = SETS[name]
        self.turns = work / f"{name}.turns"
        self.pristine, self.tree = work / f"{name}.pristine", work / name
        if not self.pristine.exists():
            made(self.pristine)

    def build(self, way, more=(), make=None):
        """Builds once from a fresh copy; returns the figures."""
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(self.pristine, self.tree, symlinks=True)
        env = {"PATH": PATH, "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C",
               "XDG_CACHE_HOME": str(self.work / f"{self.name}.cache")}
        hosts = {"plain": ["-j2"], "one": ["-j1", "--explain", "--hosts=+local 1", AWAY[1]]}
        words = [make or self.make, *hosts.get(way, ["-j2", *AWAY]), *self.args, *more]
        if way == "cold":
            shutil.rmtree(env["XDG_CACHE_HOME"], ignore_errors=True)
        os.sync()
        return self.meter.run(words, self.tree / self.dir, env, self.work / f"{self.name}.{way}.log")

    def trips(self, counting):
        """Returns how many round trips a recipe waits for, one at a time, in a build that was done before, and how many
        seconds it takes, waiting included."""
        wall = self.build("one", make=counting)["wall"]
        told = (self.work / f"{self.name}.one.log").read_text(errors="replace")
        recipes = max(1, told.count(" runs on +local"))
        return int(self.turns.read_text()) / 2 / recipes, wall / recipes

    def single(self, pairs):
        """Returns how many seconds more than plain a build of one recipe takes: what comes once in each build."""
        runs = [(self.build("warm", ["b1"])["cpu"], self.build("plain", ["b1"])["cpu"]) for _ in range(pairs)]
        return statistics.median(warm - plain for warm, plain in runs)

    def measure(self, pairs, colds):
        self.build("plain")  # fills the page cache
        runs = {"plain": [], "warm": [], "cold": []}
        for _ in range(colds):
            runs["plain"].append(self.build("plain"))
            runs["cold"].append(self.build("cold"))
        beside_cold, runs["plain"] = runs["plain"], []
        for turn in range(pairs):
            for way in ("plain", "warm") if turn % 2 else ("warm", "plain"):
                runs[way].append(self.build(way))
        return runs, beside_cold


def ratio(ones, others):
    return statistics.median(one["cpu"] / other["cpu"] for one, other in zip(ones, others))


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def tell(name, runs, beside_cold, trips, once):
    """Prints a row; returns whether all targets are met."""
    warm, plain = runs["warm"], runs["plain"]
    most_warm, most_cold = SETS[name][3:]
    share = statistics.median(run["client"] / run["cpu"] for run in warm)
    figures = {way: (median(runs[way], "cpu") if runs[way] else 0) for way in runs}
    ratios = ratio(warm, plain), ratio(runs["cold"], beside_cold) if beside_cold else 0
    more = 1000 * statistics.median(one["cpu"] - other["cpu"] for one, other in zip(warm, plain))
    each = (more - 1000 * once) / RECIPES
    met = (each <= MOST_MS and trips <= 1.5) if name == "cp" else \
        (ratios[0] <= most_warm and ratios[1] <= most_cold and share <= MOST_SHARE and trips <= MOST_TRIPS)
    kernel = [median(runs[way], "kernel") for way in ("plain", "warm")]
    limits = f"+{each:.2f} ms each, at most {MOST_MS}; +{1000 * once:.0f} ms once" if name == "cp" else \
        f"at most {most_warm}, {most_cold}"
    wall = median(warm, "wall") / median(plain, "wall")
    print(f"{name:6} {figures['plain']:8.3f} {figures['warm']:8.3f} {figures['cold']:8.3f} {ratios[0]:8.3f} "
          f"{ratios[1]:8.3f} {100 * share:8.1f} {trips:7.2f} {wall:8.3f} {kernel[0]:7.2f} {kernel[1]:7.2f}  {limits}"
          f"{'' if met else ' !'}", flush=True)
    return met


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--make", type=arguments.program, required=True)
    options.add_argument("--sets", type=arguments.names(SETS), default=",".join(SETS))
    options.add_argument("--pairs", type=int, default=3)
    options.add_argument("--cold", type=int, default=1, help="pairs with an empty cache")
    options.add_argument("--delay", type=float, default=0, help="milliseconds of a round trip")
    options.add_argument("--keep", help="a directory for trees and texts, which stays")
    options.add_argument("--strict", action="store_true")
    options = options.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("away: needs root, for cgroups")
    meter = Meter()
    temporary = None if options.keep else tempfile.TemporaryDirectory(prefix="rmake-bench-away-")
    work = pathlib.Path(options.keep or temporary.name).resolve()
    work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(work / "bin", ignore_errors=True)
    is_met = True
    try:
        given = pathlib.Path(options.make).resolve()
        make = programs(given, work / "bin", f"echo $$ > {meter.worker}/cgroup.procs && exec")
        print(f"{'set':6} {'plain s':>8} {'warm s':>8} {'cold s':>8} {'warm':>8} {'cold':>8} {'client %':>8} "
              f"{'trips':>7} "
              f"{'wall':>8} {'kthr s':>7} {'away':>7}", flush=True)
        for name in options.sets:
            bench = Bench(name, make, work, meter)
            runs, beside_cold = bench.measure(options.pairs, options.cold)
            once = bench.single(options.pairs) if name == "cp" else 0
            counting = programs(given, work / "turns", f"exec python3 {TURNS} {bench.turns}")
            trips, near = bench.trips(counting)
            is_met &= tell(name, runs, beside_cold, trips, once)
            if options.delay:
                far = f"exec python3 {TURNS} --delay={options.delay / 2} {bench.turns}"
                trips, wall = bench.trips(programs(given, work / "turns", far))
                by_clock = 1000 * (wall - near) / options.delay
                is_met &= trips <= MOST_TRIPS
                print(f"{name:6} a link of {options.delay:g} ms: {trips:.2f} round trips, {by_clock:.2f} by the clock, "
                      f"at most {MOST_TRIPS}{'' if trips <= MOST_TRIPS else ' !'}", flush=True)
    finally:
        meter.close()
        if temporary:
            temporary.cleanup()
    sys.exit(1 if options.strict and not is_met else 0)


if __name__ == "__main__":
    main()
