"""C of our own that is linked to no wlroots: log lines that come as a va_list, fatal signals, the
containment of clients' surfaces, whose each point of the screen was. The session does not start
without it."""

from __future__ import annotations

import importlib
from typing import Any

MISSING = (
    "spectrum_session/native/_native is not built; build it with"
    " `python spectrum_session/native/_build.py` (Debian: apt-get install gcc python3-dev)"
)


def load() -> Any:
    """The module, with `ffi` and `lib`; None when it was not built for this Python."""
    try:
        return importlib.import_module(f"{__name__}._native")
    except ImportError:
        return None
