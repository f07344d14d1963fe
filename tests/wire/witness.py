"""What tells whether a session is well: what its process holds, and a client that draws beside."""

from __future__ import annotations

from pathlib import Path

from .client import Client
from .window import Window


class Resources:
    """What the session's process holds."""

    def __init__(self, pid: int) -> None:
        process = Path("/proc") / str(pid)
        self.fds = len(list((process / "fd").iterdir()))
        status = (process / "status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("RssAnon:")]
        self.anonymous_kb = int(line.split()[1])


class Honest:
    """A client beside the others that draws a frame whenever it may."""

    def __init__(self, path: Path) -> None:
        self.client = Client(path)
        self.window = Window(self.client, title="honest", color=(0, 128, 0), show=False)
        self.client.wait_for(lambda: self.window.configures, "a configure")
        self.tick()

    def tick(self) -> None:
        """Draw, and return when the frame was shown; not to be shown in time is a failure."""
        before = self.window.frames
        self.window.ask_frame()
        self.window.draw(*self.window.size)
        self.client.wait_for(lambda: self.window.frames > before, "the honest client's frame")
