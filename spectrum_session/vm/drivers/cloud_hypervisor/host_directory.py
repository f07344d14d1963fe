"""Puts sockets into the directory of a machine that the host runs.

Its cloud-hypervisor may write there too. A link in the way is never followed, and a socket is
removed only when nobody listens on it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from spectrum_session.vm.errors import VMError

from .api import connect


class HostDirectory:
    """The directory of one machine, held open."""

    def __init__(self, directory: Path) -> None:
        """Raises OSError."""
        self.directory = directory
        self._fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._links: dict[str, str] = {}

    def holds(self, path: str) -> bool:
        """Is this the path of an entry of it? No other path that the machine gives may be used: it
        could be another machine's."""
        if not path.startswith("/") or "\0" in path or os.path.basename(path) in ("", ".", ".."):
            return False
        try:
            there = os.stat(os.path.dirname(path))
        except (OSError, ValueError):
            return False
        return os.path.samestat(there, os.fstat(self._fd))

    def claim(self, name: str) -> Path:
        """Make sure that a socket can be made there, and return its path.

        Raises OSError, and VMError when the name is in use by another process.
        """
        path = self.directory / name
        try:
            mode = os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return path
        if stat.S_ISSOCK(mode):
            try:
                connect(path).close()
            except ConnectionRefusedError:
                pass
            else:
                raise VMError(f"{path} is in use: another session may be attached to this machine")
        elif not stat.S_ISLNK(mode):
            raise VMError(f"{path} exists and is not a socket: remove it")
        os.unlink(name, dir_fd=self._fd)
        return path

    def link(self, name: str, target: Path) -> None:
        """Have connections to a name go to a socket elsewhere. Raises what `claim` does."""
        self.claim(name)
        os.symlink(target, name, dir_fd=self._fd)
        self._links[name] = str(target)

    def close(self) -> None:
        """Remove what was put there."""
        for name, target in self._links.items():
            with suppress(OSError):
                if os.readlink(name, dir_fd=self._fd) == target:
                    os.unlink(name, dir_fd=self._fd)
        self._links.clear()
        os.close(self._fd)
