"""Words of the command line that more than one program here takes: a wrong one is told in one line, before anything runs."""
import argparse
import os


def program(path):
    """The absolute path of a program that can be run."""
    if not (os.path.isfile(path) and os.access(path, os.X_OK)):
        raise argparse.ArgumentTypeError(f"cannot run {path}")
    return os.path.abspath(path)


def names(known):
    """What makes a list of names, parted by commas, each of them known."""
    def read(text):
        found = [name for name in text.split(",") if name]
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(f"no {name}; there are {', '.join(known)}")
        return found
    return read
