"""Memory: freed memory goes back to the system, and garbage collection out of the frame path."""

from __future__ import annotations

import gc

from spectrum_session.wlr import lib

from .loop import Loop

TRIM_DELAY_S = 1.0
"""glibc keeps freed memory of many windows; it is asked to trim once they have gone."""


class Trim:
    """Returns freed memory to the system."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._pending = False

    def soon(self) -> None:
        """Trim a while after windows or clients went: not for each of them."""
        if not self._pending and not self._loop.closing:
            self._pending = True
            self._loop.call_later(TRIM_DELAY_S, self._trim)

    def _trim(self) -> None:
        self._pending = False
        lib.malloc_trim(0)


def freeze_garbage() -> None:
    """Collect once and keep later collections out of the frame path."""
    gc.collect()
    gc.freeze()
    gc.enable()
