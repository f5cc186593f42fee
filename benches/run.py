#!/usr/bin/env python3
"""Paired timing of make-like tools on a tree written by gen.py.

    run.py DIR MODE[,MODE..] --tool make441=/path/make --tool 'ninja=/usr/bin/ninja' ... [--base make441]

Tool spec  NAME=COMMAND  (COMMAND is split on blanks, so flags may be given: 'm441r=/p/make -rR').
The kind (make, bmake, kati, ninja) is taken from NAME's prefix: ninja*, n2*, samu* are ninja-like;
bmake*; ckati*/rkati*; all else is make-like.

MODE
  null     build everything again, nothing to do
  touch1   one leaf source is newer than its outputs (restored after every run)
  parse    load the makefiles, build an empty phony target (_parse)
  print    make -pq (data base dump to /dev/null); make-like only
  nq       make -n -q
  full:J   outputs removed, then -jJ   (full:1, full:2, full:64); prints recipes/s
Figures: median wall, user, sys (of the tool and all waited descendants, os.wait4), peak RSS of
the largest process, and wall/b, cpu/b = medians over interleaved pairs of tool/base
(cpu = user+sys; the kernel's sum is exact, the split is by clock ticks. On a busy host quote cpu/b).
Every run is a child of the small program spend.c, which is compiled on first use.
  --syscalls  adds one strace -f -c run per tool (null/parse/touch1 only)
  --ir        adds one valgrind (cachegrind, no cache model) run per tool: instructions executed (small trees only)
Nothing beyond python3 and a C compiler is needed; strace / valgrind only for those two columns.
"""
import argparse, json, os, re, shlex, statistics as st, subprocess, sys, tempfile, time

NINJA = ("ninja", "n2", "samu")
T0 = 1_700_000_000  # as in gen.py


def kind(name):
    for k in NINJA:
        if name.startswith(k):
            return "ninja"
    if name.startswith("bmake"):
        return "bmake"
    if name.startswith(("ckati", "rkati", "kati")):
        return "kati"
    return "make"


def argv(tool, mode, d):
    name, cmd = tool
    k = kind(name)
    a = list(cmd)
    target, j = [], 1
    if mode == "parse":
        target = ["_parse"]
    if mode.startswith("full:"):
        j = int(mode[5:])
    elif os.environ.get("BENCH_J"):
        j = int(os.environ["BENCH_J"])
    if k == "ninja":
        f = {"n": "build.ninja", "s": "samu.ninja"}[name[0]]
        if name.startswith("n2"):
            f = "n2.ninja"
        if os.path.exists(os.path.join(d, f)):
            a += ["-f", f]
        if j:
            a += [f"-j{j}"]
    elif k == "bmake":
        a += ["-r", "-f", "bsd.mk"] + ([f"-j{j}"] if j > 1 else [])
    elif k == "kati":
        pass
    else:
        a += [f"-j{j}"] if j > 1 else []
        if mode == "print":
            a += ["-pq"]
        if mode == "nq":
            a += ["-n", "-q"]
    return a + target


def spender():
    """The compiled spend.c: forking from this Python would add its memory to every figure."""
    here = os.path.dirname(os.path.abspath(__file__))
    build = os.environ.get("BENCH_BUILD") or os.path.join(tempfile.gettempdir(), f"rmake-bench-{os.getuid()}")
    os.makedirs(build, exist_ok=True)
    tool, source = os.path.join(build, "spend"), os.path.join(here, "spend.c")
    if not os.path.exists(tool) or os.path.getmtime(tool) < os.path.getmtime(source):
        new = f"{tool}.{os.getpid()}"
        for flags in (["-static"], []):
            if subprocess.run(["cc", "-O2", *flags, "-o", new, source], stderr=subprocess.DEVNULL).returncode == 0:
                os.rename(new, tool)
                break
        else:
            sys.exit("run.py: spend.c cannot be compiled; is there a C compiler?")
    return tool


SPEND = None


def once(cmd, cwd):
    global SPEND
    SPEND = SPEND or spender()
    out = subprocess.run([SPEND, *cmd], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout
    wall, user, sys_, rss, rc = map(int, out.split())
    return dict(wall=wall / 1e6, user=user / 1e6, sys=sys_ / 1e6, rss=rss, rc=rc)


class Tree:
    def __init__(self, d):
        self.d = d
        m = os.path.join(d, ".m")
        rd = lambda n: [x for x in open(os.path.join(m, n)).read().split("\n") if x] if os.path.exists(os.path.join(m, n)) else []
        self.outs = rd("out")
        self.leaf = (rd("leaf") or [""])[0]
        self.meta = json.load(open(os.path.join(m, "meta"))) if os.path.exists(os.path.join(m, "meta")) else {}

    def before(self, mode):
        if mode == "touch1":
            os.utime(os.path.join(self.d, self.leaf))
        if mode.startswith("full:"):
            for o in self.outs:
                try:
                    os.unlink(os.path.join(self.d, o))
                except FileNotFoundError:
                    pass

    def after(self, mode):
        if mode == "touch1":
            if self.meta.get("recipe", "noop") in ("noop", "true") and "recipe" in self.meta:
                os.utime(os.path.join(self.d, self.leaf), (T0, T0))
            # any other recipe: the outputs were rebuilt and are newer by now


def strace(cmd, cwd):
    with tempfile.NamedTemporaryFile("r", suffix=".st") as f:
        subprocess.run(["strace", "-f", "-c", "-S", "calls", "-o", f.name] + cmd, cwd=cwd,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        tot, top = 0, []
        for line in f:
            w = line.split()
            if len(w) >= 5 and w[0][0].isdigit() and w[-1] == "total":
                tot = int(w[3]) if len(w) >= 5 else 0
            elif len(w) >= 5 and w[0][0].isdigit():
                top.append((int(w[3]), w[-1]))
        return tot, " ".join(f"{n}:{c}" for c, n in top[:5])


def irefs(cmd, cwd):
    with tempfile.TemporaryDirectory() as td:
        subprocess.run(["valgrind", "--tool=cachegrind", "--cache-sim=no", "--trace-children=yes", f"--cachegrind-out-file={td}/cg.%p",
                        f"--log-file={td}/log.%p"] + cmd, cwd=cwd,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        tot = 0
        for f in os.listdir(td):
            if f.startswith("log."):
                for l in open(f"{td}/{f}"):
                    m = re.search(r"I\s+refs:\s+([\d,]+)", l)
                    if m:
                        tot += int(m.group(1).replace(",", ""))
        return tot


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("dir")
    p.add_argument("modes")
    p.add_argument("--tool", action="append", required=True)
    p.add_argument("--base", default="")
    p.add_argument("-n", type=int, default=5)
    p.add_argument("--warm", type=int, default=1)
    p.add_argument("--budget", type=float, default=60, help="seconds per tool and mode; fewer pairs beyond it")
    p.add_argument("--syscalls", action="store_true")
    p.add_argument("--ir", action="store_true")
    p.add_argument("--prime", action="store_true", help="run every ninja-like tool once first (fills its log)")
    p.add_argument("--json", default="")
    a = p.parse_args()
    tools = []
    for t in a.tool:
        n, _, c = t.partition("=")
        tools.append((n, shlex.split(c.replace("@-", " -"))))
    t = Tree(a.dir)
    base = next((x for x in tools if x[0] == a.base), tools[0])
    if a.prime:
        for x in tools:
            if kind(x[0]) == "ninja":
                r = once(argv(x, "full:2", a.dir), a.dir)
                print(f"# primed {x[0]} rc={r['rc']} {r['wall']:.2f}s", flush=True)
    label = f"{t.meta.get('shape', os.path.basename(a.dir))} n={t.meta.get('n', '?')} recipe={t.meta.get('recipe', '?')}"
    allrows = []
    for mode in a.modes.split(","):
        full = mode.startswith("full:")
        rows = {x[0]: [] for x in tools}
        ratios = {x[0]: [] for x in tools}
        cratio = {x[0]: [] for x in tools}

        def run1(x):
            t.before(mode)
            r = once(argv(x, mode, a.dir), a.dir)
            t.after(mode)
            return r
        for x in tools:
            if x is base and len(tools) > 1:
                continue
            spent = 0.0
            for i in range(a.n + (0 if full else a.warm)):
                order = [base, x] if i % 2 == 0 else [x, base]
                if base is x:
                    order = [x]
                got = {}
                for y in order:
                    got[y[0]] = run1(y)
                    spent += got[y[0]]["wall"]
                if i < (0 if full else a.warm) and spent < a.budget / 2:
                    continue
                for y in order:
                    rows[y[0]].append(got[y[0]])
                ratios[x[0]].append(got[x[0]]["wall"] / got[base[0]]["wall"])
                cpu = lambda r: max(r["user"] + r["sys"], 1e-5)
                cratio[x[0]].append(cpu(got[x[0]]) / cpu(got[base[0]]))
                if spent > a.budget:
                    break
        print(f"\n## {label} mode={mode} counts={t.meta.get('counts', {})}")
        print(f"{'tool':12} {'wall ms':>9} {'min':>9} {'cpu ms':>9} {'user':>8} {'sys':>8} {'RSS MiB':>8} {'wall/b':>7} {'cpu/b':>7} {'runs':>4} rc" +
              ("  recipes/s" if full else "") + ("  syscalls (top)" if a.syscalls else "") + ("  Minstr" if a.ir else ""))
        for x in tools:
            rr = rows[x[0]]
            if not rr:
                continue
            med = lambda k: st.median(r[k] for r in rr)
            ratio = st.median(ratios[x[0]]) if ratios[x[0]] else 1.0
            cr = st.median(cratio[x[0]]) if cratio[x[0]] else 1.0
            cpum = st.median(r["user"] + r["sys"] for r in rr)
            line = (f"{x[0]:12} {med('wall')*1e3:9.1f} {min(r['wall'] for r in rr)*1e3:9.1f} {cpum*1e3:9.1f} {med('user')*1e3:8.1f} {med('sys')*1e3:8.1f} "
                    f"{med('rss')/1024:8.1f} {ratio:7.3f} {cr:7.3f} {len(rr):4d} {rr[0]['rc']}")
            row = dict(label=label, mode=mode, tool=x[0], wall=med("wall"), user=med("user"), sys=med("sys"), rss=med("rss"), ratio=ratio, cpu=cpum, cpu_ratio=cr, rc=rr[0]["rc"])
            if full:
                line += f"  {len(t.outs)/med('wall'):9.0f}"
            if a.syscalls and not full:
                t.before(mode)
                n, top = strace(argv(x, mode, a.dir), a.dir)
                t.after(mode)
                row["syscalls"] = n
                line += f"  {n} ({top})"
            if a.ir and not full:
                t.before(mode)
                row["ir"] = irefs(argv(x, mode, a.dir), a.dir)
                t.after(mode)
                line += f"  {row['ir']/1e6:.1f}"
            allrows.append(row)
            print(line, flush=True)
    if a.json:
        with open(a.json, "a") as f:
            for r in allrows:
                f.write(json.dumps(r) + "\n")


if __name__ == "__main__":
    main()
