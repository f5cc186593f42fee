#!/usr/bin/env python3
"""turns.py [--delay=MS] FILE COMMAND..: is COMMAND, and counts into FILE how often its talk with whoever called it
changes sides.

A message that is sent after one has come in counts as an answer to it. So half the number is the most round trips
that anything said could have had to wait for, whatever a link's delay: counted, not timed. Of the protocol it knows
how short a sign of life is, which answers nothing. With --delay whatever is said arrives so many milliseconds later,
in both directions: a link whose round trip takes twice as long.
"""
import os
import queue
import subprocess
import sys
import threading
import time

IN, OUT = 0, 1
SIGN_OF_LIFE = 5


def late(sink, delay):
    """Returns what takes bytes, None at their end, and writes them to a descriptor after so many seconds."""
    waiting = queue.SimpleQueue()

    def write():
        while True:
            due, data = waiting.get()
            time.sleep(max(0, due - time.monotonic()))
            if data is None:
                os.close(sink)
                return
            while data:
                data = data[os.write(sink, data):]

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    return (lambda data: waiting.put((time.monotonic() + delay, data))), writing


def main():
    delay = 0
    if sys.argv[1].startswith("--delay="):
        delay = float(sys.argv.pop(1)[len("--delay="):]) / 1000
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o644)
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    lock = threading.Lock()
    # The number of the last turn that each side has heard of.
    heard = {"child": 0, "caller": 0}

    def carry(source, put, speaker, hearer):
        while True:
            data = os.read(source, 1 << 16)
            if not data:
                put(None)
                return
            with lock:
                if len(data) > SIGN_OF_LIFE:
                    heard[hearer] = max(heard[hearer], heard[speaker] + 1)
                os.pwrite(file, b"%10d\n" % max(heard.values()), 0)
            put(data)

    put, _ = late(child.stdin.fileno(), delay)
    to_child = threading.Thread(target=carry, args=(IN, put, "caller", "child"), daemon=True)
    to_child.start()
    put, writing = late(OUT, delay)
    carry(child.stdout.fileno(), put, "child", "caller")
    writing.join()
    sys.exit(child.wait())


main()
