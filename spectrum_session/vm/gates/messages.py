"""Decodes a gate's messages to the session. A VM may have taken it over: nothing is trusted.

`gate.control` says what each message means.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from spectrum_session.labels.sanitise import sanitise_title

MESSAGE = 1 << 17
"""Bytes that one message may have; the gate keeps to the same."""

TEXT = 300
"""Characters of a text of a gate's that are shown."""

Name = Annotated[str, msgspec.Meta(max_length=64)]
Text = Annotated[str, msgspec.Meta(max_length=4096)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all."""


class Refused(Struct, frozen=True):
    """A request of a client was refused, `count` times since the last message about it."""

    kind: Name
    text: Text
    count: Count


class Connection(Struct, frozen=True):
    """One client, as the gate sees it."""

    number: Count
    pid: Count
    """From the session; 0 when unknown."""
    count: Count
    """Objects that it has."""
    objects: list[dict[str, Any]]
    """Those of which something is known, in plain values."""
    cut: bool
    """There would be more."""


class Message(Struct, frozen=True):
    """One message: the field that is set says which."""

    ready: Annotated[list[Name], msgspec.Meta(max_length=32)] | None = None
    """What the sandbox does."""
    connect: Count | None = None
    refused: Refused | None = None
    answer: Count | None = None
    used: dict[Name, Count] = {}
    most: dict[Name, Count] = {}
    refusals: dict[Name, Count] = {}
    stalls: Count = 0
    stalled: bool = False
    automatic: dict[Name, Count] = {}
    connections: list[Connection] = []


_DECODER = msgspec.json.Decoder(Message)


def decode(data: bytes) -> Message:
    """A message from its bytes. Raises ValueError."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def plain(text: str) -> str:
    """A text of a gate's, made safe to show and to log."""
    return sanitise_title(text, limit=TEXT)
