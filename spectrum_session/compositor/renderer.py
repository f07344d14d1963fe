"""Which renderer wlroots would take, without a session."""

from __future__ import annotations

import os

from spectrum_session.wlr import NULL, ffi, lib

SILENT = 0
"""WLR_SILENT: what does not work here is told by the answer."""


def probe() -> str:
    """The name of the renderer that a session in this environment would draw with.

    As WLR_RENDERER has it; "none" where none can be had. It is made on a headless backend, for the
    screens of the seat may be somebody else's; this process can start no session afterwards.
    """
    os.environ["WLR_BACKENDS"] = "headless"
    os.environ["WLR_HEADLESS_OUTPUTS"] = "0"
    lib.wlr_log_init(SILENT, NULL)
    display = lib.display_create()
    backend = lib.backend_autocreate(display, ffi.new("struct wlr_session **"))
    if not backend:
        return "none"
    renderer = lib.wlr_renderer_autocreate(backend)
    name: str = lib.renderer_name(renderer) if renderer else "none"
    if renderer:
        lib.wlr_renderer_destroy(renderer)
    lib.wlr_backend_destroy(backend)
    lib.wl_display_destroy(display)
    return name
