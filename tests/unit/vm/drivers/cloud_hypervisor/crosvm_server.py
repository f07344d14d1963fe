#!/usr/bin/env python3
"""Stands on PATH as `crosvm`: listens where it is told to, and says what it can connect to.

It is no graphics device; crosvm itself was not available to test with.
"""

import os
import socket
import sys


def main() -> None:
    words = sys.argv[1:]
    print("crosvm:", *words, flush=True)
    options = dict(zip(words[2::2], words[3::2], strict=True))
    with socket.socket(socket.AF_UNIX) as wayland:
        wayland.connect(options["--wayland-sock"])
        wayland.sendall(b"from crosvm")
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(options["--socket"])
            made.listen()
            print("crosvm has", *sorted(os.listdir("/run")), flush=True)
            while made.accept():
                continue


if __name__ == "__main__":
    main()
