"""Locks directories of sessions, and collects the machines of sessions that have ended.

A session holds a lock on a file in its directory for as long as it lives, and the kernel lets go of
it when the session dies. What lies in a directory that nobody holds is for the next session.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.names import check_name

from .remove import remove_tree

LOCK = "lock"
GUESTS = "guests"
"""The directory of a session's machines, one directory for each."""

_TRIES, _PAUSE_S = 100, 0.02
"""Another session that looks for machines holds a lock no longer than it takes to move some."""


class Hold:
    """A session's directory, held as its own."""

    def __init__(self, directory: Path) -> None:
        """Make the directory (0700) where it is not there. Raises OSError when it is another's."""
        self.directory = directory
        for _ in range(_TRIES):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = _try(directory, os.O_CREAT)
            if fd is not None:
                self._fd = fd
                directory.chmod(0o700)
                return
            time.sleep(_PAUSE_S)
        raise OSError(f"another session uses {directory}")

    def release(self) -> None:
        """Release it."""
        os.close(self._fd)


def collect(sessions: Path, own: Path) -> list[str]:
    """Move machines of sessions that are gone, in directories beside `own`, into it.

    Returns what a person should know of it. A machine of a name that is taken stays where it is.
    """
    told: list[str] = []
    for directory in _directories(sessions):
        if directory.name == own.name:
            continue
        fd = _try(directory, 0)
        if fd is None:
            continue
        try:
            told += _move(directory / GUESTS, own / GUESTS)
            if not machines(directory):
                remove_tree(directory)
        finally:
            os.close(fd)
    return told


def machines(own: Path) -> list[Path]:
    """The directories of machines in a session's directory."""
    found = []
    for directory in _directories(own / GUESTS):
        with suppress(VMError):
            check_name(directory.name)
            found.append(directory)
    return found


def _move(left: Path, own: Path) -> list[str]:
    told = []
    for machine in machines(left.parent):
        here = own / machine.name
        if here.exists():
            told.append(f"another {machine.name} of an earlier session is left alone: {machine}")
            continue
        try:
            own.mkdir(mode=0o700, exist_ok=True)
            machine.rename(here)
        except OSError as error:
            told.append(f"{machine}: {error.strerror}")
    return told


def _directories(path: Path) -> list[Path]:
    """Directories in a directory, no symbolic links."""
    with suppress(OSError), os.scandir(path) as entries:
        return sorted(Path(one.path) for one in entries if one.is_dir(follow_symlinks=False))
    return []


def _try(directory: Path, flags: int) -> int | None:
    """The lock of a directory, locked; None when another session holds it or there is none."""
    path = directory / LOCK
    flags |= os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # It may have been removed with its directory meanwhile: then it keeps nobody away.
        here, there = os.fstat(fd), path.lstat()
        if stat.S_ISREG(here.st_mode) and os.path.samestat(here, there):
            return fd
    except OSError:
        pass
    os.close(fd)
    return None
