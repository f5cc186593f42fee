#!/usr/bin/env python3
"""turns.py FILE COMMAND..: is COMMAND, and counts into FILE how often its talk with whoever called it changes sides.

A message that is sent after one has come in counts as an answer to it. So half the number is the most round trips
that anything said could have had to wait for, whatever a link's delay: counted, not timed. Of the protocol it knows
how short a sign of life is, which answers nothing.
"""
import os
import subprocess
import sys
import threading

IN, OUT = 0, 1
SIGN_OF_LIFE = 5


def main():
    file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o644)
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    lock = threading.Lock()
    # The number of the last turn that each side has heard of.
    heard = {"child": 0, "caller": 0}

    def carry(source, sink, speaker, hearer):
        while True:
            data = os.read(source, 1 << 16)
            if not data:
                os.close(sink)
                return
            with lock:
                if len(data) > SIGN_OF_LIFE:
                    heard[hearer] = max(heard[hearer], heard[speaker] + 1)
                os.pwrite(file, b"%10d\n" % max(heard.values()), 0)
            while data:
                data = data[os.write(sink, data):]

    to_child = threading.Thread(target=carry, args=(IN, child.stdin.fileno(), "caller", "child"), daemon=True)
    to_child.start()
    carry(child.stdout.fileno(), OUT, "child", "caller")
    sys.exit(child.wait())


main()
