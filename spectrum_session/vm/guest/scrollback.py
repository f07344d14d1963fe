"""The last output of a console, kept to be shown again. Pure."""

from __future__ import annotations

import re

LIMIT = 64 * 1024
"""Bytes that are kept."""

_SEQUENCES = re.compile(
    r"(?P<color>\x1b\[[0-9;:]*m)"
    # Strings to the terminal (title, clipboard, device control), to their end or the line's.
    r"|\x1b[PX^_\]][^\x07\x1b\n]*(?:\x07|\x1b\\)?"
    r"|\x1b\[[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[^\n\r\t\b\x20-\x7e\xa0-\U0010ffff]"
)


class Scrollback:
    """The last bytes of a console."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._cut = False
        """There was more before them."""

    def add(self, data: bytes) -> None:
        """The console printed this."""
        self._kept += data
        if len(self._kept) > self._limit:
            del self._kept[: -self._limit]
            self._cut = True

    def shown(self) -> bytes:
        """Text and its colours, from the first whole line on.

        Nothing else that a terminal acts on is in it: questions to a terminal that is there no
        more would be answered by the next, and the answer typed into the guest.
        """
        text = self._kept.decode(errors="replace")
        if self._cut:
            text = text[text.find("\n") + 1 :]
        return _SEQUENCES.sub(lambda found: found["color"] or "", text).encode()
