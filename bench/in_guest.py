"""The client that draws inside a guest; it is sent there (bench/guest.py) and needs only Python."""

from __future__ import annotations

import os
import time
from pathlib import Path

from .window import LARGE, Canvas, Window

WARM_S = 2.0
"""At first frames wait for what is made only once."""


def draw(title: str, seconds: str) -> None:
    """Draw at frame rate in a window for so long, then print the frames a second."""
    path = Path(os.environ["XDG_RUNTIME_DIR"], os.environ["WAYLAND_DISPLAY"])
    with Window(path, title, Canvas()) as window:
        window.until(lambda: window.shown, "the first configure")
        window.draw(LARGE)
        began = time.perf_counter()
        end = began + float(seconds)
        while (left := end - time.perf_counter()) > 0:
            window.read_within(left)
        counted = [frame for frame in window.frames if frame > began + WARM_S]
        print(len(counted) / (float(seconds) - WARM_S))
