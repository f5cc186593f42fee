"""Gets Debian source packages and the packages a build needs, through apt.

Knows nothing of make.  Lists, cache and sources of apt are kept in our own cache
directory: the system's configuration is read for its archive and never written.
"""

import glob
import os
import re
import shutil
import subprocess
import sys

SUITE = "bookworm"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class FetchError(Exception):
    """A source or a package that cannot be had, as one line for the user."""


def cache_root():
    """Returns the directory everything is kept in; it need not exist yet."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "rmake")


def archives():
    """Returns the Debian archives this system is configured with, each once."""
    chosen = os.environ.get("RMAKE_DEBIAN_MIRROR")
    if chosen:
        return [chosen]
    found = []
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(COMPONENT)|$(SITE)"],
        capture_output=True, text=True)
    for line in targets.stdout.splitlines():
        origin, component, site = line.split("|")
        if origin == "Debian" and component == "main":
            found.append(site)
    # Before the first "apt-get update" there may be no targets: read the files.
    for name in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*")):
        if not os.path.isfile(name):
            continue
        with open(name, errors="replace") as file:
            text = file.read()
        found += re.findall(r"^deb(?:-src)?\s+(?:\[[^]]*\]\s*)?(\S+)\s.*\bmain\b", text, re.M)
        for uris in re.findall(r"^URIs:\s*(.*)$", text, re.M):
            found += uris.split()
    sites = [site.rstrip("/") for site in found if not site.startswith("cdrom:")]
    sites = [site for site in sites if not re.search(r"[-/]security$|-security/", site)]
    return list(dict.fromkeys(sites))


class Apt:
    """apt-get with lists, cache and sources of its own; updated once, when first needed."""

    def __init__(self, suite):
        self.suite = suite
        self.dir = os.path.join(cache_root(), "apt", suite)
        self.updated = False

    def run(self, args, cwd):
        options = ["-o", "Dir::Etc::sourcelist=/dev/null",
                   "-o", "Dir::Etc::sourceparts=" + self.dir + "/parts",
                   "-o", "Dir::State::lists=" + self.dir + "/lists",
                   "-o", "Dir::Cache=" + self.dir + "/cache",
                   "-o", "Dir::Etc::preferences=/dev/null",
                   "-o", "Dir::Etc::preferencesparts=/dev/null",
                   "-o", "APT::Sandbox::User=root"]
        return subprocess.run(["apt-get", *options, *args], cwd=cwd, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def update(self):
        if self.updated:
            return
        for part in ("parts", "lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.dir, part), exist_ok=True)
        problems = []
        for site in archives():
            with open(self.dir + "/parts/src.sources", "w") as file:
                file.write(f"Types: deb-src\nURIs: {site}\nSuites: {self.suite}\nComponents: main\n")
                if os.path.exists(KEYRING):
                    file.write(f"Signed-By: {KEYRING}\n")
            done = self.run(["update", "-q", "--error-on=any"], self.dir)
            if done.returncode == 0:
                self.updated = True
                return
            problems.append(f"{site}: {done.stdout.strip().splitlines()[-1:]}")
        raise FetchError("no archive with sources (set RMAKE_DEBIAN_MIRROR): " + "; ".join(problems))

    def source(self, package, directory):
        """Downloads the newest source package of that name into `directory`, checked by apt."""
        self.update()
        done = self.run(["source", "-q", "--download-only", "--only-source", package], directory)
        if done.returncode != 0:
            raise FetchError(f"source {package}: {done.stdout.strip()[-400:]}")


def source(package, suite, apts):
    """Returns (version, .dsc path); downloads only what the cache does not hold."""
    directory = os.path.join(cache_root(), "src", suite, package)
    found = glob.glob(directory + "/*.dsc")
    if not found:
        need(["dpkg-dev"])
        print(f"realworld: fetching the source of {package} ({suite})", flush=True)
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        new = directory + ".new"
        shutil.rmtree(new, ignore_errors=True)
        os.makedirs(new)
        if suite not in apts:
            apts[suite] = Apt(suite)
        apts[suite].source(package, new)
        shutil.rmtree(directory, ignore_errors=True)
        os.rename(new, directory)
        found = glob.glob(directory + "/*.dsc")
    if len(found) != 1:
        raise FetchError(f"{directory} holds {len(found)} .dsc files")
    with open(found[0], errors="replace") as file:
        version = re.search(r"^Version:\s*(\S+)", file.read(), re.M)
    if not version:
        raise FetchError(f"{found[0]} has no Version")
    return version.group(1), found[0]


def unpack(dsc, directory, patches):
    """Unpacks a source package into `directory`, with or without Debian's patches."""
    how = [] if patches else ["--skip-patches"]
    done = subprocess.run(["dpkg-source", "--no-check", "--no-copy", *how, "-x", dsc, directory],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise FetchError(f"unpack {dsc}: {done.stdout.strip()[-400:]}")


def need(packages):
    """Installs the named Debian packages that are missing; says which, if we may not."""
    missing = []
    for name in packages:
        state = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name],
                               capture_output=True, text=True)
        if "ok installed" not in state.stdout:
            missing.append(name)
    if not missing:
        return
    if os.geteuid() != 0:
        raise FetchError("needs the Debian packages: " + " ".join(missing))
    print("realworld: installing " + " ".join(missing), flush=True)
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for update in (False, True):
        if update:
            subprocess.run(["apt-get", "update", "-q"], env=env, stdout=sys.stderr)
        done = subprocess.run(["apt-get", "install", "-qy", "--no-install-recommends", *missing],
                              env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode == 0:
            return
    raise FetchError("install " + " ".join(missing) + ": " + done.stdout.strip()[-400:])
