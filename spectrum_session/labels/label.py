"""Labels: name, colour and pattern that identify a VM to the user."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from spectrum_session.labels.color import Color
from spectrum_session.labels.pattern import Pattern


class Label(msgspec.Struct, frozen=True):
    """A name, a colour and a pattern, always from the host's configuration."""

    name: str
    color: Color
    pattern: Pattern = Pattern.SOLID

    def named(self, name: str) -> Label:
        """The same colour and pattern under another name: a VM's own."""
        return msgspec.structs.replace(self, name=name)


SUSPICIOUS = Label("unlabelled", Color.parse("red"), Pattern.CHECKS)
"""The label of a VM without a configured one: the most conspicuous."""


def make_label(name: str, color: str, pattern: str = "solid") -> Label:
    """A label from the strings of a configuration.

    Raises ValueError, with what is allowed, for a colour or a pattern that is none.
    """
    return Label(name, Color.parse(color), Pattern.parse(pattern))


def make_labels(entries: Iterable[tuple[str, str, str]]) -> dict[str, Label]:
    """Labels by name from (name, colour, pattern) words; raises ValueError as `make_label` does,
    with the label's name in front."""
    labels: dict[str, Label] = {}
    for name, color, pattern in entries:
        try:
            labels[name] = make_label(name, color, pattern)
        except ValueError as error:
            raise ValueError(f"label {name!r}: {error}") from None
    return labels
