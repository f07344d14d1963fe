"""Cache of downloaded Debian packages."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

KEPT_S = 30 * 24 * 3600
"""How long a package is kept after its download."""
_INSIDE = "/var/cache/apt/archives"


class Archives:
    """The packages of one suite and architecture. Callers hold the lock of the image store."""

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
        """Options for mmdebstrap to use these packages and to leave new ones. Raises OSError.

        mmdebstrap copies them itself, as this user; our paths are quoted for its shell.
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
        """After a build: keep new packages and remove old ones. Raises OSError."""
        for path in self._new.rglob("*.deb"):
            kept = self.directory / path.name
            if not kept.exists():
                path.rename(kept)
                # The time of the download; the mirror's own may be years ago.
                os.utime(kept, (now(), now()))
        shutil.rmtree(self._new, ignore_errors=True)
        for path in self.directory.glob("*.deb"):
            if path.stat().st_mtime < now() - KEPT_S:
                path.unlink()
