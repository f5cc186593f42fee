"""Photographs directory trees and compares trees and texts of three builds.

Knows nothing of projects or of make.  The first two builds are the oracle's: what
they do not agree on is nobody's fault and is left out, and counted; nothing else is.
"""

import collections
import hashlib
import os
import re
import stat


def photograph(root):
    """Returns {path: (kind, mode, digest)} of everything below `root`; mtimes are not part."""
    seen = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory, name)
            info = os.lstat(path)
            mode = stat.S_IMODE(info.st_mode)
            if stat.S_ISLNK(info.st_mode):
                what = ("link", 0, os.readlink(path))
            elif stat.S_ISDIR(info.st_mode):
                what = ("dir", mode, "")
            elif stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    what = ("file", mode, hashlib.file_digest(file, "blake2b").hexdigest()[:32])
            else:
                what = ("other", stat.S_IFMT(info.st_mode), "")
            seen[os.path.relpath(path, root)] = what
    return seen


def trees(first, second, ours):
    """Returns (paths compared, paths left out, differences as lines)."""
    left_out, problems, compared = [], [], 0
    for path in sorted(set(first) | set(second) | set(ours)):
        one, two, our = first.get(path), second.get(path), ours.get(path)
        if one != two:
            left_out.append(path)
            continue
        compared += 1
        if one == our:
            continue
        if our is None:
            problems.append(f"missing: {path}")
        elif one is None:
            problems.append(f"extra: {path}")
        else:
            part = "kind" if one[0] != our[0] else "mode" if one[1] != our[1] else "content"
            problems.append(f"other {part}: {path}")
    return compared, left_out, problems


def in_order(first, second, ours):
    """Returns the differences of texts whose lines have one order, and the lines left out."""
    one, two, our = (text.split(b"\n") for text in (first, second, ours))
    if len(one) != len(two):
        return [f"the oracle itself prints {len(one)} and {len(two)} lines"], 0
    loose = sum(a != b for a, b in zip(one, two))
    problems = []
    for number, (a, b, c) in enumerate(zip(one, two, our), 1):
        if a == b != c:
            problems += [f"line {number}:", "- " + shown(a), "+ " + shown(c)]
    if len(our) != len(one):
        problems.append(f"{len(our)} lines instead of {len(one)}")
    return problems, loose


def any_order(first, second, ours):
    """Returns the differences of texts whose lines may come in any order, and the lines left out."""
    one, two, our = (collections.Counter(text.split(b"\n")) for text in (first, second, ours))
    unstable = {line for line in one.keys() | two.keys() if one[line] != two[line]}
    room = max(sum((one - two).values()), sum((two - one).values()))
    problems = []
    for line in sorted((one.keys() | two.keys()) - unstable):
        if our[line] < one[line]:
            problems.append(f"- {one[line] - our[line]} x " + shown(line))
    for line in sorted(our.keys() - unstable):
        if our[line] > one[line]:
            more = our[line] - one[line]
            if one[line] == 0 and more <= room:
                room -= more  # the counterpart of a line that no two builds have alike
            else:
                problems.append(f"+ {more} x " + shown(line))
    return problems, len(unstable)


def without(noise, texts):
    """Returns the texts without what a pattern finds in a line; no pattern finds nothing."""
    if not noise:
        return texts
    return [re.sub(noise.encode(), b"", text, flags=re.M) for text in texts]


def shown(line):
    text = line.decode("utf-8", "replace")
    return text if len(text) <= 300 else text[:300] + f"... ({len(line)} bytes)"


