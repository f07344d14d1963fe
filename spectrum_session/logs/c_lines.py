"""Turns log lines of wlroots and libwayland into log records."""

from __future__ import annotations

import logging
import re
from typing import Any

LEVELS = {1: logging.ERROR, 2: logging.INFO, 3: logging.DEBUG}
"""By wlroots' importance; libwayland has no levels."""

WAYLAND = 0

_PLACE = re.compile(r"^\[[\w./-]+:\d+\] ")
"""[file:line] at the beginning of wlroots' lines."""


def level_of(importance: int, line: str) -> int:
    """The level of a line. libwayland logs clients' errors, and why it aborts."""
    if importance == WAYLAND:
        return logging.WARNING if "error" in line or "failed" in line else logging.INFO
    return LEVELS.get(importance, logging.DEBUG)


def take(native: Any, seam: Any, importance: int) -> None:
    """Route the logs of wlroots (up to `importance`) and libwayland here.

    `native` is spectrum_session.native's module, `seam` the package spectrum_session.wlr.
    """
    wlroots = logging.getLogger("wlroots")
    wayland = logging.getLogger("libwayland")

    @native.ffi.def_extern(name="log_line")  # type: ignore[untyped-decorator]
    def log_line(importance: int, line: Any) -> None:
        text = native.ffi.string(line).decode("utf-8", "replace").strip()
        logger = wayland if importance == WAYLAND else wlroots
        logger.log(level_of(importance, text), "%s", _PLACE.sub("", text))

    def address(pointer: Any) -> Any:
        return seam.ffi.cast("void *", int(native.ffi.cast("uintptr_t", pointer)))

    native.lib.log_up_to(importance)
    seam.lib.wlr_log_init(importance, address(native.lib.wlroots_log_address()))
    seam.lib.wl_log_set_handler_server(address(native.lib.wayland_log_address()))
