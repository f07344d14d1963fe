"""Pictures as PNG files: for screenshots, for documentation, for tests that keep what they saw."""

from __future__ import annotations

import struct
import zlib

from spectrum_session.labels.image import Image

_RGB, _RGBA = 2, 6
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode_png(image: Image, *, alpha: bool = True, level: int = 6) -> bytes:
    """`image` as a PNG file with straight (not premultiplied) alpha.

    With `alpha` false the fourth byte of each pixel is ignored and the file is opaque: for
    XRGB8888. `level` is zlib's, 0 to 9. Opaque pictures take milliseconds; each half-transparent
    pixel costs a turn of a Python loop.
    """
    width, height = image.width, image.height
    pixels = bytearray(width * height * 4)
    row = width * 4
    for y in range(height):
        start = y * image.stride
        pixels[y * row : (y + 1) * row] = image.data[start : start + row]
    if alpha and pixels[3::4].count(255) != width * height:
        _straighten(pixels)
        kind, channels = _RGBA, [2, 1, 0, 3]
    else:
        kind, channels = _RGB, [2, 1, 0]
    # One byte more in each row: the filter, 0 for none.
    count = len(channels)
    flat = bytearray(width * height * count)
    for target, source in enumerate(channels):
        flat[target::count] = pixels[source::4]
    line = width * count
    rows = b"".join(b"\0" + flat[y * line : (y + 1) * line] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(rows, level)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _straighten(pixels: bytearray) -> None:
    """Undo the premultiplication, in place."""
    for index, alpha in enumerate(pixels[3::4]):
        if 0 < alpha < 255:
            start = index * 4
            for channel in (start, start + 1, start + 2):
                pixels[channel] = min(255, (pixels[channel] * 255 + alpha // 2) // alpha)
