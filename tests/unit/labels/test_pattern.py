from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings

from spectrum_session.labels.canvas import Canvas
from spectrum_session.labels.color import NAMED, Color, contrast
from spectrum_session.labels.image import Image, physical
from spectrum_session.labels.pattern import Pattern, ink_on, paint_pattern

from .strategies import colors, greys

SIZES = [(28, 1.0), (28, 1.25), (28, 2.0), (19, 1.0)]
PAIRS = list(combinations(Pattern, 2))


def swatch(pattern: Pattern, color: Color, size: int, scale: float) -> Image:
    side = physical(size, scale)
    with Canvas(side, side) as canvas:
        paint_pattern(canvas, pattern, (0, 0, side, side), color, scale)
    return canvas.image


def test_there_are_six_besides_solid() -> None:
    assert len(Pattern) - 1 >= 6


def test_names_all_when_one_is_wrong() -> None:
    assert Pattern.parse("rings") is Pattern.RINGS
    with pytest.raises(ValueError, match="stripes") as error:
        Pattern.parse("stripes")
    for pattern in Pattern:
        assert pattern.value in str(error.value)


@given(colors)
def test_the_two_tones_are_apart_in_grey_on_every_colour(color: Color) -> None:
    assert contrast(color, ink_on(color)) >= 2.0


@settings(max_examples=40)
@given(colors)
def test_no_other_tone_is_lighter_or_darker_than_the_two(color: Color) -> None:
    for pattern in Pattern:
        cells = greys(swatch(pattern, color, 28, 1.0))
        image = swatch(Pattern.SOLID, color, 1, 1.0)
        ground = greys(image)[0][0]
        ink = 0.2126 * ink_on(color).r + 0.7152 * ink_on(color).g + 0.0722 * ink_on(color).b
        low, high = min(ground, ink) - 2, max(ground, ink) + 2
        assert all(low <= grey <= high for row in cells for grey in row)


@pytest.mark.parametrize(("size", "scale"), SIZES)
@pytest.mark.parametrize("color", list(NAMED.values()), ids=list(NAMED))
def test_each_pair_differs_in_grey(color: Color, size: int, scale: float) -> None:
    pictures = {pattern: greys(swatch(pattern, color, size, scale)) for pattern in Pattern}
    flat = [grey for rows in pictures.values() for row in rows for grey in row]
    span = max(flat) - min(flat)
    assert span > 30
    for a, b in PAIRS:
        assert share_that_differs(pictures[a], pictures[b], span) > 0.15, (a, b)


def test_each_pair_differs_however_one_is_shifted() -> None:
    # Rings are not dots seen a little to the left: the middle of one picture, laid anywhere on
    # the other, never matches.
    color = NAMED["blue"]
    pictures = {pattern: greys(swatch(pattern, color, 28, 1.0)) for pattern in Pattern}
    flat = [grey for rows in pictures.values() for row in rows for grey in row]
    span = max(flat) - min(flat)
    for a, b in PAIRS:
        middle = [row[7:21] for row in pictures[a][7:21]]
        for dy in range(0, 15, 2):
            for dx in range(0, 15, 2):
                window = [row[dx : dx + 14] for row in pictures[b][dy : dy + 14]]
                assert share_that_differs(middle, window, span) > 0.12, (a, b, dx, dy)


@pytest.mark.parametrize("pattern", [p for p in Pattern if p is not Pattern.SOLID])
@pytest.mark.parametrize(("size", "scale"), SIZES)
def test_is_the_same_from_both_sides(pattern: Pattern, size: int, scale: float) -> None:
    # No pattern leans: mirrored and moved a little, it is itself again. A diagonal is not.
    picture = greys(swatch(pattern, NAMED["red"], size, scale))
    flat = [grey for row in picture for grey in row]
    span = max(flat) - min(flat)
    margin = round(7 * scale)
    middle = [row[margin:-margin] for row in picture]
    mirrored = [row[::-1] for row in picture]
    width = len(middle[0])
    shares = [
        share_that_differs(middle, [row[dx : dx + width] for row in mirrored], span)
        for dx in range(2 * margin + 1)
    ]
    assert min(shares) < 0.1


@pytest.mark.parametrize("pattern", [p for p in Pattern if p is not Pattern.SOLID])
def test_only_bars_and_lines_have_a_direction(pattern: Pattern) -> None:
    other = {Pattern.BARS: Pattern.LINES, Pattern.LINES: Pattern.BARS}.get(pattern, pattern)
    picture = greys(swatch(pattern, NAMED["red"], 28, 1.0))
    turned = [list(row) for row in zip(*picture, strict=True)]
    # Not to the last bit: antialiasing is not the same in both directions.
    assert share_that_differs(turned, greys(swatch(other, NAMED["red"], 28, 1.0)), 40) == 0


def test_rings_are_hollow() -> None:
    rings = greys(swatch(Pattern.RINGS, NAMED["red"], 28, 1.0))
    ground = greys(swatch(Pattern.SOLID, NAMED["red"], 28, 1.0))[0][0]
    assert rings[7][7] == rings[0][0] == ground
    assert abs(rings[7][2] - ground) > 30


def share_that_differs(a: list[list[float]], b: list[list[float]], span: float) -> float:
    """The share of pixels that are of another tone, by more than half the way between the two."""
    pairs = [pair for rows in zip(a, b, strict=True) for pair in zip(*rows, strict=True)]
    return sum(abs(x - y) > span / 2 for x, y in pairs) / len(pairs)
