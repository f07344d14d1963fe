"""Runs programs as an ordinary user of the host, from tests that run as root.

Root is exempt from some limits that the kernel has for each user.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

USER = 1000

CHECKOUT = Path(__file__).resolve().parents[2]


def as_user(uid: int) -> list[str]:
    """The words before a command line that make it this user's. Nothing is forked.

    Python and the checkout may be in a directory that is closed to others, such as /root: then they
    are all that is in it, in a mount namespace.
    """
    wanted = {Path(os.path.realpath(sys.base_prefix)), Path(sys.prefix), CHECKOUT}
    needed = sorted(path for path in wanted if _closed(path) is not None)
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"]
    become += ["--inh-caps=-all", "--bounding-set=-all"]
    if not needed:
        return become
    kept = [(path, f"/run/kept/{number}") for number, path in enumerate(needed)]
    script = ["mount -t tmpfs -o mode=755 kept /run"]
    script += [f"mkdir -p {at} && mount --rbind {_word(path)} {at}" for path, at in kept]
    closed = {found for path in needed if (found := _closed(path)) is not None}
    script += [f"mount -t tmpfs -o mode=755 opened {_word(path)}" for path in closed]
    script += [f"mkdir -p {_word(path)} && mount --rbind {at} {_word(path)}" for path, at in kept]
    both = " && ".join([*script, 'exec "$0" "$@"'])
    return ["unshare", "--mount", "--propagation=private", "sh", "-c", both, *become]


def _closed(path: Path) -> Path | None:
    """The outermost directory on the way to it that others may not pass."""
    for parent in reversed(path.parents):
        if not parent.stat().st_mode & stat.S_IXOTH:
            return parent
    return None


def _word(path: Path) -> str:
    return shlex.quote(str(path))


_COUNT = """
import array, resource, socket
ours, theirs = socket.socketpair()
rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))]
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
low, high = -1, hard
while high - low > 1:
    middle = (low + high) // 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (middle, hard))
    try:
        ours.sendmsg([b"x"], rights)
    except OSError:
        low = middle
        continue
    high = middle
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    theirs.recvmsg(1, 64)
print(high)
"""


def in_flight(uid: int) -> int:
    """Descriptors of a user's that are in flight in unix sockets, by what the kernel refuses to a
    process of that user with each limit."""
    argv = [*as_user(uid), sys.executable, "-I", "-S", "-c", _COUNT]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)
