"""sRGB colours, the eight named ones of labels, and the contrast that makes text readable."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType

import msgspec

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_NAMES = ("red", "orange", "yellow", "green", "gray", "blue", "purple", "black")


class Color(msgspec.Struct, frozen=True):
    """An opaque sRGB colour; each channel is 0 to 255."""

    r: int
    g: int
    b: int

    def __post_init__(self) -> None:
        for channel in (self.r, self.g, self.b):
            if not 0 <= channel <= 255:
                raise ValueError(f"a colour channel is 0 to 255, not {channel}")

    @classmethod
    def parse(cls, text: str) -> Color:
        """The colour that `text` names: a label colour, "#rrggbb" or "#rgb".

        Raises ValueError, with all that is allowed, for anything else.
        """
        named = NAMED.get(text)
        if named is not None:
            return named
        if _HEX.fullmatch(text) is None:
            raise ValueError(
                f'{text!r} is no colour: allowed are {", ".join(_NAMES)}, "#rrggbb" and "#rgb"'
            )
        digits = text[1:]
        if len(digits) == 3:
            digits = "".join(digit * 2 for digit in digits)
        return cls(int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))

    @property
    def hex(self) -> str:
        """The colour as "#rrggbb", lower case."""
        return f"#{self.r:02x}{self.g:02x}{self.b:02x}"

    def floats(self, alpha: float = 1.0) -> tuple[float, float, float, float]:
        """Red, green, blue, alpha as 0.0 to 1.0, premultiplied: what wlroots' scene rectangles
        take."""
        return (
            self.r / 255.0 * alpha,
            self.g / 255.0 * alpha,
            self.b / 255.0 * alpha,
            alpha,
        )

    def mix(self, other: Color, t: float) -> Color:
        """This colour at t = 0, `other` at t = 1, between them in sRGB (what an eye takes for
        even steps) otherwise; t outside 0 to 1 is clamped."""
        t = min(1.0, max(0.0, t))
        return Color(
            round(self.r + (other.r - self.r) * t),
            round(self.g + (other.g - self.g) * t),
            round(self.b + (other.b - self.b) * t),
        )


BLACK = Color(0, 0, 0)
WHITE = Color(255, 255, 255)

# Near the colours of the labels that Qubes users know, moved apart in lightness (so that
# neighbours such as red and orange also differ without hue) and tuned to sit on a dark desktop.
NAMED = MappingProxyType(
    dict(
        zip(
            _NAMES,
            (
                Color(0xCC, 0x2B, 0x2B),
                Color(0xF2, 0x80, 0x1B),
                Color(0xF4, 0xD0, 0x2F),
                Color(0x57, 0xB8, 0x3E),
                Color(0x66, 0x6C, 0x76),
                Color(0x2F, 0x6F, 0xD6),
                Color(0x8B, 0x4F, 0xC4),
                Color(0x0B, 0x0C, 0x0E),
            ),
            strict=True,
        )
    )
)
"""The colours that a configuration may name, by name."""


def _linear(channel: int) -> float:
    value = channel / 255.0
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


_LINEAR = tuple(_linear(channel) for channel in range(256))


def luminance(color: Color) -> float:
    """Relative luminance, 0.0 (black) to 1.0 (white), as WCAG 2 defines it."""
    return 0.2126 * _LINEAR[color.r] + 0.7152 * _LINEAR[color.g] + 0.0722 * _LINEAR[color.b]


def contrast(a: Color, b: Color) -> float:
    """Contrast ratio of WCAG 2, 1.0 (none) to 21.0; the order does not matter."""
    first, second = luminance(a), luminance(b)
    light, dark = max(first, second), min(first, second)
    return (light + 0.05) / (dark + 0.05)


def text_on(background: Color) -> Color:
    """Black or white, whichever reads better on `background`.

    At least one of the two has a contrast of sqrt(21) = 4.58 with any colour, so the result is
    always over the 4.5 that WCAG 2 asks for.
    """
    return WHITE if contrast(WHITE, background) >= contrast(BLACK, background) else BLACK


@lru_cache(maxsize=256)
def towards(color: Color, target: Color, ratio: float) -> Color:
    """`color` mixed with as little of `target` as gives a contrast of `ratio` with `color`;
    `target` itself where no mixture does."""
    low, high = 0.0, 1.0
    if contrast(color, target) < ratio:
        return target
    for _ in range(9):
        middle = (low + high) / 2
        if contrast(color, color.mix(target, middle)) < ratio:
            low = middle
        else:
            high = middle
    return color.mix(target, high)


@lru_cache(maxsize=256)
def quiet_text_on(background: Color, strength: float = 0.72, ratio: float = 4.5) -> Color:
    """Text that stands back a little: black or white mixed into `background`, `strength` (0 to 1)
    of it, and as much more as a contrast of `ratio` needs."""
    strong = text_on(background)
    soft = background.mix(strong, strength)
    while contrast(soft, background) < ratio and strength < 1.0:
        strength = min(1.0, strength + 0.02)
        soft = background.mix(strong, strength)
    return soft
