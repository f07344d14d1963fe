"""What went over a connection, as bytes in a file: chunks of both directions with descriptors."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_CHUNK = struct.Struct("<BH")
"""Direction (1: from the compositor) and twice the number of descriptors; length in bytes."""
MEMORY = 0
"""The kind of all descriptors of an honest record (`descriptors`)."""

Chunk = tuple[bool, bytes, Sequence[int]]
"""From the compositor; bytes; kinds of the descriptors."""


def record(is_event: bool, data: bytes, kinds: Sequence[int]) -> bytes:
    """One chunk or more."""
    made = bytearray()
    while data or kinds:
        made += _CHUNK.pack(is_event | len(kinds[:28]) << 1, len(data[:65535]))
        made += bytes(kinds[:28]) + data[:65535]
        data, kinds = data[65535:], kinds[28:]
    return bytes(made)


def records(content: bytes) -> Iterator[Chunk]:
    """The chunks of a record. Of one that is cut off or changed, what can be made of it."""
    at = 0
    while at + _CHUNK.size <= len(content):
        head, length = _CHUNK.unpack_from(content, at)
        at += _CHUNK.size
        kinds = list(content[at : at + (head >> 1 & 31)])
        at += len(kinds)
        yield bool(head & 1), content[at : at + length], kinds
        at += length
