"""Arguments of requests and events: what is usual, what is at a bound, and what is neither."""

from __future__ import annotations

from spectrum_session.gate.schema import Message
from tests.wire.nonsense import USUAL

from .source import Source

SMALL = (0, 1, 2, 3, 4, 7, 8, 16, 64, 100, 255, 256, 300, 1000, 2000, 4096)
"""Sizes, places, states and flags as there are."""
BOUNDS = (
    *(-1, -2, -300, 5000, 16384, 16385, 32767, 65535, 65536, 1 << 20, (1 << 24) - 1),
    *((1 << 30) - 1, 1 << 30, (1 << 31) - 2, (1 << 31) - 1, -(1 << 31), -(1 << 31) + 1),
)
"""Where something ends or flows over."""
TEXTS = (
    b"text/plain",
    b"text/plain;charset=utf-8",
    b"image/png",
    b"work",
    b"[calm] work",
    "\u202eevil\u2066".encode(),
    "\u0430\u0440\u0440le \u200b\ufeff".encode(),
    b"",
    b"%s%n\x1b[2J\n\r\t",
    b"\xff\xfe\x80",
    b"\xed\xa0\x80",
    b"a" * 300,
    b"x/" + b"y" * 1200,
    b"\xf0\x9f\x98\x80" * 500,
)
HONEST_TEXTS = 4
"""So many of them, from the first on, are what anybody might send."""
RARE = 24
"""One in so many values is out of the ordinary."""


def integer(source: Source, message: Message, place: int, serials: list[int]) -> int:
    """A whole number for an argument, which the caller brings into the range of its kind."""
    rare = source.below(RARE)
    if rare == 1:
        return BOUNDS[source.below(len(BOUNDS))]
    if rare == 2:
        return int.from_bytes(source.take(4), "little", signed=True)
    if message.kinds[place] == "u" and serials and source.below(3) == 0:
        return serials[source.below(len(serials))]
    usual = USUAL.get(repr(message), {}).get(_place(message, place))
    if usual is not None:
        return usual[source.below(len(usual))]
    return SMALL[source.below(len(SMALL))]


def fixed(source: Source) -> int:
    """A wl_fixed as it stands on the wire."""
    rare = source.below(RARE)
    if rare == 1:
        return BOUNDS[source.below(len(BOUNDS))]
    return SMALL[source.below(len(SMALL))] * 256 + (0, 0, 1, 128)[source.below(4)]


def text(source: Source) -> bytes:
    """Bytes for a string, which have no NUL in them."""
    rare = source.below(RARE)
    if rare == 1:
        return TEXTS[source.below(len(TEXTS))]
    if rare == 2:
        return source.take(source.below(64)).replace(b"\0", b"")
    return TEXTS[source.below(HONEST_TEXTS)]


def _place(message: Message, place: int) -> int:
    """The place that `USUAL` counts: typed new ids are not among its arguments."""
    creates = message.creates
    if creates is not None and creates[1] is not None and creates[0] < place:
        return place - 1
    return place
