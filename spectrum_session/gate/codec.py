"""Arguments from bytes and back. No IO, no state: the codec of the Wayland wire.

Bytes are those of the machine's own order, as everywhere in Wayland. What is encoded from decoded
arguments is canonical: padding is zero, and nothing of the sender's own bytes is kept.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from .schema import MAX_MESSAGE, Message

WORD = struct.Struct("=I")
SIGNED = struct.Struct("=i")
HEADER = struct.Struct("=II")
"""Object id; size in the upper half, opcode in the lower one."""


class Malformed(Exception):
    """Bytes that are no such message; the text says in what way."""


def decode(message: Message, data: bytes, start: int, end: int) -> list[Any]:
    """The arguments of a message whose body is data[start:end].

    A descriptor stands as None: they do not travel among the bytes. Strings are bytes without
    their final NUL, or None. Raises Malformed.
    """
    values: list[Any] = []
    at = start
    for kind in message.kinds:
        if kind == "h":
            values.append(None)
            continue
        if at + 4 > end:
            raise Malformed("truncated")
        if kind in "if":
            values.append(SIGNED.unpack_from(data, at)[0])
            at += 4
            continue
        (word,) = WORD.unpack_from(data, at)
        at += 4
        if kind in "uon":
            values.append(word)
            continue
        # A string or an array: its length, its bytes, padding to four.
        if word > end - at:
            raise Malformed("length exceeds the message")
        content = data[at : at + word]
        at += (word + 3) & ~3
        if kind == "a":
            values.append(content)
        elif not word:
            if kind == "s":
                raise Malformed("string must not be null")
            values.append(None)
        else:
            if content[-1] or 0 in content[:-1]:
                raise Malformed("string not terminated by its only NUL")
            values.append(content[:-1])
    if at != end:
        raise Malformed("wrong size")
    return values


def encode(message: Message, object_id: int, args: Sequence[Any]) -> bytes:
    """The bytes of a message. Descriptors (kind h) are skipped: they are sent beside the bytes.

    Raises Malformed when it would be larger than a message may be.
    """
    if message.whole is not None:
        size = message.whole.size
        return message.whole.pack(object_id, size << 16 | message.opcode, *args)
    body = bytearray()
    for kind, value in zip(message.kinds, args, strict=True):
        if kind == "h":
            continue
        if kind in "if":
            body += SIGNED.pack(value)
        elif kind in "uon":
            body += WORD.pack(value)
        elif value is None:
            body += WORD.pack(0)
        else:
            content = value if kind == "a" else value + b"\0"
            body += WORD.pack(len(content)) + content + bytes(-len(content) % 4)
    size = 8 + len(body)
    if size > MAX_MESSAGE:
        raise Malformed(f"message of {size} bytes is too long; {MAX_MESSAGE} at most")
    return HEADER.pack(object_id, size << 16 | message.opcode) + body
