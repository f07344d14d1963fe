"""Windows that draw in a process of their own, while something else is measured."""

from __future__ import annotations

import os
import select
import signal
import traceback
from types import TracebackType
from typing import TypeVar

from .clients import Clients
from .compositor import Compositor, Failed
from .window import LARGE, Canvas
from .wire import DEADLINE_S

Self = TypeVar("Self", bound="Background")


class Background:
    """A context in which `count` windows draw at frame rate."""

    def __init__(self, compositor: Compositor, canvas: Canvas, count: int) -> None:
        self._compositor = compositor
        self._canvas = canvas
        self._count = count
        self._pid = 0

    def __enter__(self: Self) -> Self:
        """Raises Failed when the windows do not come up."""
        if not self._count:
            return self
        read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(read)
            self._draw(write)
        os.close(write)
        readable, _, _ = select.select([read], [], [], DEADLINE_S)
        drawn = os.read(read, 1) if readable else b""
        os.close(read)
        if not drawn:
            self._end()
            raise Failed("no windows")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _draw(self, ready: int) -> None:
        """The other process: never returns."""
        try:
            clients = Clients(self._compositor.socket, self._canvas)
            clients.open(self._count, self._compositor.before_window)
            for window in clients.windows:
                window.draw(LARGE)
            clients.run(0.5)
            os.write(ready, b"+")
            while True:
                clients.run(60)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
