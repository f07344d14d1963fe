"""Debian's packages as they were downloaded, kept so that the next image need not fetch them."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

KEPT_S = 30 * 24 * 3600
"""How long after its download one is kept: later there are newer ones of most."""
_INSIDE = "/var/cache/apt/archives"


class Archives:
    """The packages of one suite and architecture. Whoever uses it holds the lock of the images."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._new = directory.with_name(directory.name + ".new")

    @classmethod
    def default(cls, environ: Mapping[str, str], suite: str, architecture: str) -> Archives:
        """In $XDG_CACHE_HOME/spectrum-session/archives, ~/.cache where that is not set."""
        cache = environ.get("XDG_CACHE_HOME", "")
        base = Path(cache) if os.path.isabs(cache) else Path.home() / ".cache"
        return cls(base / "spectrum-session" / "archives" / f"{suite}-{architecture}")

    def options(self) -> list[str]:
        """What mmdebstrap is told to take packages from here and to leave new ones. Raises OSError.

        It copies them itself, as the person whose files these are, and never by our paths' names
        as more than a word.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(self._new, ignore_errors=True)
        self._new.mkdir()
        made = ["--skip=essential/unlink", f'--setup-hook=mkdir -p "$1{_INSIDE}"']
        if any(self.directory.glob("*.deb")):
            made.append(f"--setup-hook=sync-in {shlex.quote(str(self.directory))} {_INSIDE}")
        new = shlex.quote(str(self._new))
        return [*made, f"--extract-hook=sync-out {_INSIDE} {new}"]

    def take(self, now: Callable[[], float] = time.time) -> None:
        """After a build: keep what is new, and let go of what is old. Raises OSError."""
        for path in self._new.rglob("*.deb"):
            kept = self.directory / path.name
            if not kept.exists():
                path.rename(kept)
                # Since when it is here; the mirror's own time may be years ago.
                os.utime(kept, (now(), now()))
        shutil.rmtree(self._new, ignore_errors=True)
        for path in self.directory.glob("*.deb"):
            if path.stat().st_mtime < now() - KEPT_S:
                path.unlink()
