"""wlr_buffers whose pixels are ours: title bars, tags, overlays. Drawn once, shown many times."""

from __future__ import annotations

from typing import Any

from spectrum_session.labels.image import Image
from spectrum_session.wlr import address, ffi, lib

DRM_FORMAT_ARGB8888 = 0x34325241

_live: dict[int, tuple[Any, Any, int]] = {}


@ffi.callback("void(struct wlr_buffer *)")  # type: ignore[untyped-decorator]
def _destroy(buffer: Any) -> None:
    _live.pop(address(buffer), None)


@ffi.callback("bool(struct wlr_buffer *, uint32_t, void **, uint32_t *, size_t *)", error=False)  # type: ignore[untyped-decorator]
def _begin(buffer: Any, _flags: int, data: Any, fmt: Any, stride: Any) -> bool:
    entry = _live.get(address(buffer))
    if entry is None:
        return False
    data[0] = entry[1]
    fmt[0] = DRM_FORMAT_ARGB8888
    stride[0] = entry[2]
    return True


@ffi.callback("void(struct wlr_buffer *)")  # type: ignore[untyped-decorator]
def _end(_buffer: Any) -> None:
    pass


_impl = ffi.new("struct wlr_buffer_impl *")
_impl.destroy = _destroy
_impl.begin_data_ptr_access = _begin
_impl.end_data_ptr_access = _end


def make(image: Image, renderer: Any) -> Any:
    """A `struct wlr_buffer *` that shows an image. The caller holds a lock: wlr_buffer_unlock it.

    NULL when the renderer cannot take it. It is a texture of the image already: the scene asks each
    visible buffer in each frame for its format, and must not have to call Python for the answer.
    """
    buffer = ffi.new("struct wlr_buffer *")
    pixels = ffi.from_buffer(image.data)
    lib.wlr_buffer_init(buffer, _impl, image.width, image.height)
    _live[address(buffer)] = (buffer, pixels, image.stride)
    shown = lib.wlr_client_buffer_create(buffer, renderer)
    lib.wlr_buffer_drop(buffer)
    return ffi.cast("struct wlr_buffer *", shown)


def count() -> int:
    """How many of our buffers are alive: a leak shows here."""
    return len(_live)
