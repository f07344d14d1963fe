"""The directory of a machine that somebody else runs, in which the session puts sockets for it.

Its cloud-hypervisor may write there too. A name that is in the way is never followed, and taken
away only when nobody listens on it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from spectrum_session.vm.errors import VMError

from .api import connect


class Place:
    """One such directory, held open."""

    def __init__(self, directory: Path) -> None:
        """Raises OSError."""
        self.directory = directory
        self._fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._links: dict[str, str] = {}

    def holds(self, path: str) -> bool:
        """Is this the path of something in it? Of what a machine says of itself nothing else may
        be used: it would be another machine's."""
        if not path.startswith("/") or "\0" in path or os.path.basename(path) in ("", ".", ".."):
            return False
        try:
            there = os.stat(os.path.dirname(path))
        except (OSError, ValueError):
            return False
        return os.path.samestat(there, os.fstat(self._fd))

    def claim(self, name: str) -> Path:
        """Make sure that a socket can be made there, and return its path.

        Raises OSError, and VMError when somebody else listens on it or has put something there.
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
                raise VMError(f"somebody else listens on {path}: another session?")
        elif not stat.S_ISLNK(mode):
            raise VMError(f"{path} is in the way")
        os.unlink(name, dir_fd=self._fd)
        return path

    def link(self, name: str, target: Path) -> None:
        """Have connections to a name go to a socket elsewhere. Raises what `claim` does."""
        self.claim(name)
        os.symlink(target, name, dir_fd=self._fd)
        self._links[name] = str(target)

    def close(self) -> None:
        """Take away what was put there."""
        for name, target in self._links.items():
            with suppress(OSError):
                if os.readlink(name, dir_fd=self._fd) == target:
                    os.unlink(name, dir_fd=self._fd)
        self._links.clear()
        os.close(self._fd)
