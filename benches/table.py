#!/usr/bin/env python3
"""The table of speed: rmake beside GNU make 4.4.1 and whatever other tools are installed.

    table.py --make target/release/rmake [--oracle /path/make] [--shapes flat,chain] [--modes null,touch1,parse]
             [--targets 10000] [--pairs 3] [--trees DIR]

Trees come from gen.py and are kept below --trees; runs are interleaved pairs as in run.py.
Columns: cpu (user + system, milliseconds) and peak memory (MB) of GNU make and rmake, the medians of the
paired ratios rmake / other. A ratio above 1 of cpu or memory against GNU make is marked with `!`.
Ends with status 1 when there is such a mark and --strict is given. Peers that are not found are named.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys

import arguments
import run

HERE = os.path.dirname(os.path.abspath(__file__))
SHAPES = ["flat", "flatnod", "pattern", "chain", "fanin", "expand", "kbuild", "kbuild1", "implicit", "secexp", "recursive"]
# These make many files or processes per target: a part of --targets is enough.
PARTS = {"kbuild": 0.5, "kbuild1": 0.5, "implicit": 0.5, "recursive": 0.2}
PEERS = ["ninja", "samu", "n2", "bmake"]
# What -f /dev/null -q x costs is a matter of a millisecond.
START_RUNS = 100


def cpu(figures):
    return max(figures["user"] + figures["sys"], 1e-5)


def tree(args, shape):
    n = max(20, int(args.targets * PARTS.get(shape, 1)))
    path = os.path.join(args.trees, f"{shape}-{n}")
    if not os.path.exists(os.path.join(path, ".m", "meta")):
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(args.trees, exist_ok=True)
        subprocess.run([sys.executable, os.path.join(HERE, "gen.py"), shape, str(n), path], check=True)
    return run.Tree(path), n


def can_run(tool, mode, t):
    kind = run.kind(tool)
    if kind == "bmake":
        return os.path.exists(os.path.join(t.d, "bsd.mk"))
    return True


def measure(tools, mode, t, pairs):
    """Interleaved runs of all tools: figures by name, one list entry a round."""
    rounds = {name: [] for name, _ in tools}
    for i in range(pairs + 1):
        for name, command in tools if i % 2 else tools[::-1]:
            t.before(mode)
            figures = run.once(run.argv((name, command), mode, t.d), t.d)
            t.after(mode)
            if i:  # the first round warms the caches
                rounds[name].append(figures)
    return rounds


def ratio(rounds, one, other, of):
    return statistics.median(of(a) / of(b) for a, b in zip(rounds[one], rounds[other]))


def start_up(tools, pairs):
    """Start-up: `-f /dev/null -q x`, the median over rounds of the mean of many runs."""
    rounds = {name: [] for name, _ in tools}
    for _ in range(pairs):
        for name, command in tools:
            runs = [run.once([*command, "-f", "/dev/null", "-q", "x"], "/") for _ in range(START_RUNS)]
            rounds[name].append(statistics.mean(cpu(r) for r in runs))
    return {name: statistics.median(values) for name, values in rounds.items()}


def oracle(given):
    if given:
        return given
    script = os.path.join(HERE, "..", "tests", "tools", "oracle.sh")
    return subprocess.run([script], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def row(label, n, mode, rounds, peers):
    median = lambda name, of: statistics.median(of(r) for r in rounds[name])
    memory = lambda r: r["rss"]
    by_cpu, by_memory = ratio(rounds, "rmake", "make", cpu), ratio(rounds, "rmake", "make", memory)
    status = sorted({r["rc"] for r in rounds["rmake"]} | {r["rc"] for r in rounds["make"]})
    is_bad = by_cpu > 1 or by_memory > 1 or status != [0]
    cells = [f"{label:10} {n:7} {mode:7}",
             f"{median('make', cpu) * 1e3:9.1f} {median('rmake', cpu) * 1e3:9.1f} {by_cpu:6.3f}{'!' if by_cpu > 1 else ' '}",
             f"{median('make', memory) / 1024:8.1f} {median('rmake', memory) / 1024:8.1f} {by_memory:6.3f}{'!' if by_memory > 1 else ' '}"]
    for peer in peers:
        cells.append(f"{ratio(rounds, 'rmake', peer, cpu):7.2f}" if rounds.get(peer) else f"{'-':>7}")
    if status != [0]:
        cells.append(f" status {status}")
    print("".join(cells), flush=True)
    return is_bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--make", type=arguments.program, default="target/release/rmake")
    p.add_argument("--oracle", default=os.environ.get("RMAKE_ORACLE", ""))
    p.add_argument("--shapes", type=arguments.names(SHAPES), default=",".join(SHAPES))
    p.add_argument("--modes", default="null,touch1,parse")
    p.add_argument("--targets", type=int, default=10000)
    p.add_argument("--pairs", type=int, default=3)
    p.add_argument("--trees", default="target/bench")
    p.add_argument("--peers", default=",".join(PEERS), help="of these, those that are installed")
    p.add_argument("--strict", action="store_true")
    args = p.parse_args()
    args.trees = os.path.abspath(args.trees)
    base = [("make", [oracle(args.oracle)]), ("rmake", [args.make])]
    wanted = [name for name in args.peers.split(",") if name]
    found = {name: shutil.which(name) for name in wanted}
    peers = [name for name in wanted if found[name]]
    # The flags of the make that runs this are not for the makes that are measured.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "GNUMAKEFLAGS", "MAKE_RESTARTS", "MAKEFILES"):
        os.environ.pop(name, None)
    missing = [name for name in wanted if not found[name]]
    print(f"peers: GNU make 4.4.1 (make), {', '.join(peers) or 'no others'}; not installed: {', '.join(missing) or 'none'}")
    print(f"{'shape':10} {'targets':>7} {'mode':7}{'make ms':>9} {'rmake ms':>9} {'ratio':>6} {'make MB':>8} {'rmake MB':>8} {'ratio':>6} "
          + "".join(f"{'/' + x:>7}" for x in peers))
    bad = 0
    for shape in args.shapes:
        t, n = tree(args, shape)
        here = base + [(name, [found[name]]) for name in peers if can_run(name, "null", t)]
        for tool in here:
            mark = os.path.join(t.d, ".m", f"primed-{tool[0]}")
            if run.kind(tool[0]) == "ninja" and not os.path.exists(mark):  # fills its log
                run.once(run.argv(tool, "full:2", t.d), t.d)
                open(mark, "w").close()
        for mode in args.modes.split(","):
            bad += row(shape, n, mode, measure(here, mode, t, args.pairs), peers)
    start = start_up(base, args.pairs)
    by_cpu = start["rmake"] / start["make"]
    bad += by_cpu > 1
    print(f"start-up, -f /dev/null -q x: make {start['make'] * 1e3:.2f} ms, rmake {start['rmake'] * 1e3:.2f} ms, ratio {by_cpu:.3f}{'!' if by_cpu > 1 else ''}")
    print(f"slower or larger than GNU make: {bad}")
    sys.exit(1 if bad and args.strict else 0)


if __name__ == "__main__":
    main()
