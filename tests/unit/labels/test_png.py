from __future__ import annotations

import struct
import zlib

from spectrum_session.labels.image import Image
from spectrum_session.labels.png import encode_png


def decode(png: bytes) -> tuple[int, int, int, list[bytes]]:
    """Width, height, colour type and rows of a PNG that uses no filters."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, kind_of_color, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert depth == 8
    raw = zlib.decompress(chunks[b"IDAT"])
    line = 1 + width * {2: 3, 6: 4}[kind_of_color]
    assert len(raw) == line * height
    rows = [raw[y * line : (y + 1) * line] for y in range(height)]
    assert all(row[0] == 0 for row in rows)
    return width, height, kind_of_color, [row[1:] for row in rows]


def test_opaque_pixels_become_rgb() -> None:
    data = bytearray(bytes([3, 2, 1, 255, 6, 5, 4, 255]) * 2)
    assert decode(encode_png(Image(2, 2, 8, data))) == (2, 2, 2, [bytes([1, 2, 3, 4, 5, 6])] * 2)


def test_alpha_is_straightened() -> None:
    # Half-transparent red, premultiplied; nothing; opaque white.
    data = bytearray([0, 0, 128, 128, 0, 0, 0, 0, 255, 255, 255, 255])
    _, _, kind, rows = decode(encode_png(Image(3, 1, 12, data)))
    assert kind == 6
    assert rows == [bytes([255, 0, 0, 128, 0, 0, 0, 0, 255, 255, 255, 255])]


def test_the_end_of_a_row_is_left_out() -> None:
    data = bytearray([1, 1, 1, 255, 9, 9, 9, 9, 2, 2, 2, 255, 9, 9, 9, 9])
    assert decode(encode_png(Image(1, 2, 8, data)))[3] == [b"\x01\x01\x01", b"\x02\x02\x02"]


def test_the_fourth_byte_can_be_ignored() -> None:
    data = bytearray([3, 2, 1, 0])
    assert decode(encode_png(Image(1, 1, 4, data), alpha=False)) == (1, 1, 2, [b"\x01\x02\x03"])
