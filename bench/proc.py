"""What the kernel says of a process: memory, CPU time, wake-ups."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since it started, all its threads together."""

    cpu_s: float
    wakeups: int
    """How often a thread waited for something and was woken (voluntary context switches)."""

    def since(self, before: Usage) -> Usage:
        """What was used between two readings."""
        return Usage(self.cpu_s - before.cpu_s, self.wakeups - before.wakeups)


def parse_status(text: str) -> dict[str, int]:
    """The lines of /proc/PID/status that hold one number: kB are bytes, others as they are."""
    found = {}
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            if len(words) == 1:
                found[key] = int(words[0])
            elif words[1:] == ["kB"]:
                found[key] = int(words[0]) * 1024
    return found


def parse_schedstat(text: str) -> float:
    """Seconds on a CPU, of /proc/PID/task/TID/schedstat: its first number is nanoseconds."""
    return int(text.split()[0]) / 1e9


def parse_stat(text: str, ticks_per_second: int) -> float:
    """Seconds on a CPU, user and system, of /proc/PID/stat. In whole ticks of the kernel."""
    # The name, in parentheses, may hold anything, parentheses and spaces too.
    fields = text[text.rindex(")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / ticks_per_second


def rss_anon(pid: int) -> int:
    """Bytes of memory that belong to the process alone: no files, nothing shared with clients."""
    return parse_status((PROC / str(pid) / "status").read_text())["RssAnon"]


def pss(pid: int) -> int:
    """Bytes of memory of a process: its own, and its share of what it has with others.

    Raises OSError when it is gone or is somebody else's.
    """
    return parse_status((PROC / str(pid) / "smaps_rollup").read_text())["Pss"]


def usage(pid: int) -> Usage:
    """Read what a process has used. Raises OSError when it is gone."""
    cpu = 0.0
    wakeups = 0
    directory = PROC / str(pid)
    for task in (directory / "task").iterdir():
        status = parse_status((task / "status").read_text())
        wakeups += status["voluntary_ctxt_switches"]
        try:
            cpu += parse_schedstat((task / "schedstat").read_text())
        except OSError:
            # A kernel without it: ticks of 10 ms must do.
            cpu += parse_stat((task / "stat").read_text(), os.sysconf("SC_CLK_TCK"))
    return Usage(cpu, wakeups)
