"""Many windows in one process, on one epoll."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from .window import CANVAS, Canvas, Window
from .wire import DEADLINE_S, NoAnswer

Self = TypeVar("Self", bound="Clients")

COLUMNS = 16
"""More windows than this stand in rows as well: a window has to have room for its square."""
QUIET_S = 0.3
"""The compositor has arranged everything when it asks for nothing new for this long."""


def grid(count: int) -> tuple[int, int]:
    """Columns and rows for so many windows."""
    columns = min(count, COLUMNS)
    return columns, -(-count // columns)


class Clients:
    """Windows that are kept answered; each is a client of its own."""

    def __init__(self, paths: Path | Sequence[Path], canvas: Canvas) -> None:
        """`paths`: the compositor's socket, or several that windows connect to by turns."""
        self._paths = [paths] if isinstance(paths, Path) else list(paths)
        self._canvas = canvas
        self._epoll = select.epoll()
        self.windows: list[Window] = []
        self._by_fd: dict[int, Window] = {}

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect all."""
        for window in self.windows:
            window.close()
        self.windows.clear()
        self._by_fd.clear()
        self._epoll.close()

    def open(self, count: int, before: Callable[[int, int], None]) -> None:
        """Open windows until there are `count`, then wait until they have their final places.

        `before(number, count)` is called before window `number` opens. Raises Disconnected.
        """
        columns, rows = grid(count)
        size = (CANVAS[0] // columns, CANVAS[1] // rows)
        while len(self.windows) < count:
            number = len(self.windows)
            before(number, count)
            path = self._paths[number % len(self._paths)]
            window = Window(path, f"bench {number}", self._canvas, size)
            self.windows.append(window)
            self._by_fd[window.fileno()] = window
            self._epoll.register(window.fileno(), select.EPOLLIN)
            self._until(lambda window=window: window.shown)  # type: ignore[misc]
        self._until(lambda: time.monotonic() - max(w.configured for w in self.windows) > QUIET_S)

    def run(self, seconds: float) -> None:
        """Handle what arrives for so long. Raises Disconnected."""
        end = time.perf_counter() + seconds
        left = seconds
        by_fd = self._by_fd
        poll = self._epoll.poll
        while left > 0:
            for fd, _ in poll(left):
                by_fd[fd].read()
            left = end - time.perf_counter()

    def _until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > end:
                raise NoAnswer("a window was never configured")
            self.run(0.01)
