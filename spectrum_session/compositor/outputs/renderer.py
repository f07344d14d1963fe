"""The renderer: the environment it is made in, and the one that wlroots would choose."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from spectrum_session.wlr import NULL, ffi, lib

SILENT = 0
"""WLR_SILENT: the result alone reports a failure here."""

LLVMPIPE_THREADS = "LP_NUM_THREADS"


@contextmanager
def whole_frames() -> Iterator[None]:
    """Around the making of a renderer: where OpenGL is llvmpipe, frames are complete when shown.

    Its threads go on painting after wlroots was told that a frame is done, and no fence says when
    they have finished: the screen then gets, and keeps, half-painted tiles. Without threads of its
    own it paints before it returns. It looks at this once; programs that the session starts do not
    get the variable.
    """
    if LLVMPIPE_THREADS in os.environ:
        yield
        return
    os.environ[LLVMPIPE_THREADS] = "0"
    try:
        yield
    finally:
        del os.environ[LLVMPIPE_THREADS]


def probe() -> str:
    """The name of the renderer that a session in this environment would draw with.

    As WLR_RENDERER has it; "none" where none can be had. It is made on a headless backend, for the
    screens of the seat may be another session's; this process can start no session afterwards.
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
