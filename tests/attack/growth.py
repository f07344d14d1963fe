"""How much memory a process has, and the most that it had."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

SAMPLE_S = 0.005


def rss(pid: int) -> int:
    """Bytes of memory that a process has, its own and shared, without files."""
    found = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("RssAnon", "RssShmem"):
            found += int(rest.split()[0]) << 10
    return found


class Peak:
    """The most memory that a process had while this ran."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.before = self.most = rss(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_S):
            with suppress(OSError):
                self.most = max(self.most, rss(self._pid))

    def end(self) -> int:
        """Bytes that it grew by at most."""
        self._over.set()
        self._thread.join()
        self.most = max(self.most, rss(self._pid))
        return self.most - self.before
