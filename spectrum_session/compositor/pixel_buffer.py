"""wlr_buffers whose pixels are ours: title bars, tags, overlays. Drawn once, shown many times."""

from __future__ import annotations

from typing import Any

from spectrum_session.labels.image import Image
from spectrum_session.wlr import lib


def make(image: Image, renderer: Any) -> Any:
    """A `struct wlr_buffer *` that shows an image. The caller holds a lock: wlr_buffer_unlock it.

    NULL when there is no memory for it, or the renderer cannot take it.
    """
    return lib.pixel_buffer_create(image.data, image.width, image.height, image.stride, renderer)
