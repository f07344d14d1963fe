"""Crash reports in the state directory.

A running session holds a lock on `running-N.txt`, which begins with its versions; a fatal signal
adds the stacks. A clean exit removes the file. A starting session that finds one without a lock
reports how the previous session ended, and renames the file to its final name.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

UNTOLD = "untold"
"""File with the names and summaries of reports not announced yet."""

KEPT = 10
"""Number of reports kept; older ones are removed."""

MOST_SESSIONS = 64
"""Sessions of one user at the same time."""

LOG_TAIL = 8192
"""Bytes of the log's end in a report."""

SIGNAL = "== Signal =="
EXCEPTION = "== Exception =="
LOG = "== Last log lines =="
PYTHON_FATAL = "Fatal Python error"
BOOT = "boot"

SILENT = (
    "\nEnded without a message: killed (SIGKILL), perhaps out of memory (see `journalctl -k` or"
    " `dmesg`), or the machine stopped.\n"
)


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a previous session, as found at start."""

    path: Path | None
    """Its report; None when there is none."""
    what: str
    """How it ended, for the user."""


class Running:
    """The locked report file of the running session."""

    def __init__(self, directory: Path) -> None:
        """Take the first free number. Raises OSError when there is none."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, MOST_SESSIONS + 1):
            path = directory / f"running-{number}.txt"
            fd = _locked(path)
            if fd is not None:
                break
        else:
            raise OSError(f"{MOST_SESSIONS} sessions are running: no free report in {directory}")
        os.ftruncate(fd, 0)
        self.number = number
        self.path = path
        self.fd = fd

    def write(self, text: str) -> None:
        """Append to the report; on a full disk the text is lost."""
        try:
            os.write(self.fd, text.encode("utf-8", "backslashreplace"))
        except OSError:
            return

    def keep(self, what: str) -> Path:
        """Rename the report to its final name, which is returned, and release it.

        The next start announces it with `what` as its summary.
        """
        final = _name(self.path.parent, time.time())
        self.path.rename(final)
        os.close(self.fd)
        line = f"{final.name}\t{' '.join(what.split())}\n"
        with (final.parent / UNTOLD).open("a", encoding="utf-8", errors="replace") as untold:
            untold.write(line)
        prune(final.parent)
        return final

    def drop(self) -> None:
        """Remove the report after a clean exit."""
        self.path.unlink(missing_ok=True)
        os.close(self.fd)


def collect(directory: Path, state: Path) -> list[Found]:
    """Complete the reports of ended sessions, oldest first. `state` holds their logs.

    Call it before Running takes a number and before anything is logged.
    """
    found = _untold(directory)
    paths = sorted(directory.glob("running-*.txt"), key=_changed)
    for path in paths:
        fd = _locked(path)
        if fd is None:
            continue
        try:
            found.append(_finish(path, fd, state))
        finally:
            os.close(fd)
    prune(directory)
    return found


def prune(directory: Path, kept: int = KEPT) -> None:
    """Remove all but the newest reports."""
    reports = sorted(directory.glob("crash-*.txt"), key=lambda path: path.name)
    for path in reports[: max(0, len(reports) - kept)]:
        path.unlink(missing_ok=True)


def write_report(directory: Path, text: str) -> Path:
    """Write a report of an error that did not end the session."""
    final = _name(directory, time.time())
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(final, flags, 0o600)
    try:
        os.write(fd, text.encode("utf-8", "backslashreplace"))
    finally:
        os.close(fd)
    prune(directory)
    return final


def log_name(number: int) -> str:
    """Name of a session's log file in the state directory, by the session's number."""
    return "session.log" if number == 1 else f"session-{number}.log"


def log_tail(path: Path | None) -> str:
    """The last whole lines of a log file."""
    if path is None:
        return "(no log file)\n"
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LOG_TAIL))
            data = file.read()
    except OSError as error:
        return f"({path}: {error.strerror})\n"
    if size > LOG_TAIL:
        data = data.partition(b"\n")[2]
    return data.decode("utf-8", "replace")


def header(facts: Mapping[str, str]) -> str:
    """The beginning of a report: versions and environment."""
    lines = [f"{key:<12} {value}" for key, value in facts.items()]
    title = "Crash report of spectrum-session. It contains lines of its log."
    return "\n".join([title, "", *lines, ""])


def boot_id() -> str:
    """The kernel's boot id; "" when it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _finish(path: Path, fd: int, state: Path) -> Found:
    text = os.pread(fd, 1 << 20, 0).decode("utf-8", "replace")
    if not text:
        path.unlink()
        return Found(None, "the previous session ended while starting")
    if SIGNAL in text or PYTHON_FATAL in text or EXCEPTION in text:
        what = _how(text)
    elif boot_id() not in text:
        path.unlink()
        return Found(None, "the machine stopped while the previous session ran")
    else:
        what = "killed, or out of memory"
        os.lseek(fd, 0, os.SEEK_END)
        os.write(fd, SILENT.encode())
    if LOG not in text:
        number = int(path.stem.partition("-")[2])
        tail = f"\n{LOG}\n{log_tail(state / log_name(number))}"
        os.lseek(fd, 0, os.SEEK_END)
        os.write(fd, tail.encode("utf-8", "backslashreplace"))
    final = _name(path.parent, os.fstat(fd).st_mtime)
    path.rename(final)
    return Found(final, what)


def _untold(directory: Path) -> list[Found]:
    path = directory / UNTOLD
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    path.unlink()
    pairs = [line.partition("\t") for line in lines]
    return [Found(directory / Path(name).name, what) for name, _, what in pairs]


def _how(text: str) -> str:
    if SIGNAL in text:
        lines = text.split(SIGNAL, 1)[1].strip().splitlines()
        said = next((line for line in lines[1:3] if line.startswith("said: ")), "")
        return "signal " + (lines[0] if lines else "?") + (f"; {said}" if said else "")
    if PYTHON_FATAL in text:
        return text.split(PYTHON_FATAL, 1)[1].lstrip(": ").partition("\n")[0]
    lines = text.split(EXCEPTION, 1)[1].partition("\n==")[0].strip().splitlines()
    return lines[-1] if lines else "an exception"


def _locked(path: Path) -> int | None:
    """Open and lock a file; None when another process holds the lock."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        fd = os.open(path, flags, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        # Its last holder may have removed it between the two.
        status = os.fstat(fd)
        if stat.S_ISREG(status.st_mode) and status.st_nlink:
            return fd
        os.close(fd)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is not a regular file")


def _name(directory: Path, seconds: float) -> Path:
    """Final name of a report, by the time of its event: names sort by age."""
    stem = time.strftime("crash-%Y%m%d-%H%M%S", time.localtime(seconds))
    for number in range(1, 1000):
        final = directory / f"{stem}-{number:03d}.txt"
        if not final.exists():
            return final
    raise OSError(f"no free name for a report in {directory}")


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
