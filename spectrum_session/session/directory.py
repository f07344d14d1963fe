"""The session's own directory in XDG_RUNTIME_DIR."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from spectrum_session.control.names import SESSIONS_DIRECTORY
from spectrum_session.vm.storage.leftovers import GUESTS, LOCK, Hold, machines
from spectrum_session.vm.storage.remove import remove_tree


class SessionDirectory:
    """Made and locked for the session of a display."""

    def __init__(self, runtime_directory: Path, display: str) -> None:
        """Raises OSError."""
        self.path = runtime_directory / SESSIONS_DIRECTORY / display
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self._hold = Hold(self.path)

    def close(self) -> None:
        """Remove everything but machines that run on, and unlock."""
        kept = bool(machines(self.path))
        for entry in list(self.path.iterdir()):
            if kept and entry.name in (GUESTS, LOCK):
                continue  # the next session's
            if not remove_tree(entry):
                with suppress(OSError):
                    entry.unlink()
        try:
            if not kept:
                self.path.rmdir()
            self.path.parent.rmdir()
        except OSError:
            return  # something of a VM's, or another session's directory, is still there
        finally:
            self._hold.release()
