"""Text of a client's, as bytes."""

from __future__ import annotations


def is_text(data: bytes) -> bool:
    """Is it UTF-8?"""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_boundary(data: bytes, at: int) -> bool:
    """Is `at` a place in this UTF-8 text where a cursor can stand: its end, or where a character
    begins?"""
    return 0 <= at <= len(data) and (at == len(data) or data[at] & 0xC0 != 0x80)
