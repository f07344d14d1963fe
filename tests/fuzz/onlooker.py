"""An honest client that draws whenever it may and says how often that was:
`python -m tests.fuzz.onlooker SOCKET`. A line on stdin asks; the answer is one line of JSON."""

from __future__ import annotations

import json
import select
import sys
import time
from pathlib import Path

from tests.wire import Client, Disconnected, Window

SPAN_S = 2.0
"""Frames are counted over so long; the worst span is what counts."""


class Onlooker:
    """A window on a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.client = Client(path)
        self.window = Window(self.client, title="honest", color=(0, 128, 0), show=False)
        self.client.wait_for(lambda: self.window.configures, "a configure")
        self._since = time.monotonic()
        self._before = 0
        self.spans: list[float] = []
        """Frames a second in each span so far."""
        self._ask()

    def _ask(self) -> None:
        window = self.window
        window.surface("frame").on("done", self._shown)
        window.draw(*window.size)
        self.client.flush()

    def _shown(self, _time: int) -> None:
        self.window.frames += 1
        self._ask()
        now = time.monotonic()
        if now - self._since >= SPAN_S:
            self.spans.append((self.window.frames - self._before) / (now - self._since))
            self._since, self._before = now, self.window.frames

    def run(self) -> None:
        """Draw and answer until stdin ends."""
        while True:
            readable, _, _ = select.select([self.client, sys.stdin], [], [])
            if self.client in readable:
                self.client.pump()
            if self.client.closed:
                raise Disconnected(self.client.error)
            if sys.stdin in readable:
                if not sys.stdin.readline():
                    return
                worst = min(self.spans) if self.spans else 0.0
                mean = sum(self.spans) / len(self.spans) if self.spans else 0.0
                print(json.dumps({"worst": worst, "mean": mean}), flush=True)
                self.spans.clear()


def main() -> int:
    """See the module."""
    onlooker = Onlooker(Path(sys.argv[1]))
    print("{}", flush=True)
    try:
        onlooker.run()
    except Disconnected as end:
        print(f"onlooker: {end}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
