"""wlr_buffers of our own pixels for the wheel's wlroots, where no C of ours can hold them."""

from __future__ import annotations

from typing import Any

DRM_FORMAT_ARGB8888 = 0x34325241


class PixelBuffers:
    """Makes buffers and keeps their pixels for as long as C has the buffer."""

    def __init__(self, ffi: Any, clib: Any) -> None:
        self._ffi = ffi
        self._clib = clib
        self._live: dict[int, tuple[Any, Any, int]] = {}
        self._callbacks = (
            ffi.callback("void(struct wlr_buffer *)", self._destroy),
            ffi.callback(
                "bool(struct wlr_buffer *, uint32_t, void **, uint32_t *, size_t *)",
                self._begin,
                error=False,
            ),
            ffi.callback("void(struct wlr_buffer *)", lambda _buffer: None),
        )
        self._impl = ffi.new("struct wlr_buffer_impl *")
        self._impl.destroy = self._callbacks[0]
        self._impl.begin_data_ptr_access = self._callbacks[1]
        self._impl.end_data_ptr_access = self._callbacks[2]

    def create(
        self, data: bytearray, width: int, height: int, stride: int, renderer: Any
    ) -> Any:
        """A locked `struct wlr_buffer *`; NULL when the renderer cannot take the pixels.

        It is a texture of them already: the scene asks each visible buffer in each frame for its
        format, and must not have to call Python for the answer.
        """
        ffi, clib = self._ffi, self._clib
        buffer = ffi.new("struct wlr_buffer *")
        clib.wlr_buffer_init(buffer, self._impl, width, height)
        self._live[self._key(buffer)] = (buffer, ffi.from_buffer(data), stride)
        shown = clib.wlr_client_buffer_create(buffer, renderer)
        clib.wlr_buffer_drop(buffer)
        return ffi.cast("struct wlr_buffer *", shown)

    def _key(self, buffer: Any) -> int:
        return int(self._ffi.cast("uintptr_t", buffer))

    def _destroy(self, buffer: Any) -> None:
        self._live.pop(self._key(buffer), None)

    def _begin(self, buffer: Any, _flags: int, data: Any, fmt: Any, stride: Any) -> bool:
        entry = self._live.get(self._key(buffer))
        if entry is None:
            return False
        data[0] = entry[1]
        fmt[0] = DRM_FORMAT_ARGB8888
        stride[0] = entry[2]
        return True
