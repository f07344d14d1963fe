"""Ranges of numbers in the schema. The description is the text that an error shows."""

from __future__ import annotations

from msgspec import Meta


def whole(low: int, high: int, unit: str = "") -> Meta:
    """A whole number from `low` to `high`."""
    return Meta(ge=low, le=high, description=_words("a whole number", low, high, unit))


def number(low: float, high: float, unit: str = "") -> Meta:
    """A number from `low` to `high`; nan is none."""
    return Meta(ge=low, le=high, description=_words("a number", low, high, unit))


def _words(kind: str, low: float, high: float, unit: str) -> str:
    text = f"{kind} from {low} to {high}"
    return f"{text} ({unit})" if unit else text


PIXELS = "logical pixels"

DELAY = whole(0, 1000, "milliseconds; 0 is off")
SIZE = whole(1, 32767, PIXELS)
