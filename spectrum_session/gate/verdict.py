"""Verdicts of rules.

A rule is called with its context, the object that the message is for, and its arguments: an
object where one is named (None for null), the new object where one is made, bytes for a string.
It returns None to let the message pass as it is, DROP to swallow it, or a tuple of all arguments
as they shall be instead. It raises Refused when the message ends the connection.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from .objects import Object


class _Verdict(Enum):
    DROP = "drop"


DROP: Final = _Verdict.DROP
"""The message goes no further. Never for one that makes an object, since both ends count ids: but
where the rule has put it in and sent the compositor another message with that id."""

Verdict = tuple[object, ...] | Literal[_Verdict.DROP] | None

INVALID_OBJECT = 0
INVALID_METHOD = 1
NO_MEMORY = 2
IMPLEMENTATION = 3
"""Codes of wl_display.error, which can stand for any object's error."""


class Refused(Exception):
    """A message that ends the connection with a protocol error, as `wl_display.error` says it."""

    def __init__(self, target: Object | None, code: int, text: str) -> None:
        """`target`: the object that the error is about, None for the display."""
        super().__init__(text)
        self.target = target
        self.code = code
        self.text = text


class Broken(Exception):
    """Protocol violation by the compositor side: our bug, never the VM's doing alone."""
