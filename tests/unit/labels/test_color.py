from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given

from spectrum_session.labels.color import (
    BLACK,
    NAMED,
    WHITE,
    Color,
    contrast,
    luminance,
    quiet_text_on,
    text_on,
    towards,
)

from .strategies import colors


@pytest.mark.parametrize(
    ("text", "expected"),
    [("#fff", WHITE), ("#000000", BLACK), ("#1aF", Color(0x11, 0xAA, 0xFF))],
)
def test_reads_hexadecimal_colours(text: str, expected: Color) -> None:
    assert Color.parse(text) == expected


@given(colors)
def test_reads_what_it_writes(color: Color) -> None:
    assert Color.parse(color.hex) == color


@pytest.mark.parametrize("text", ["", "mauve", "fff", "#ff", "#ggg", "#1234567", "#fff\n", "Red"])
def test_names_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="purple") as error:
        Color.parse(text)
    for allowed in (*NAMED, "#rrggbb", "#rgb", repr(text)):
        assert allowed in str(error.value)


def test_refuses_channels_that_are_none() -> None:
    with pytest.raises(ValueError, match="256"):
        Color(0, 256, 0)


def test_has_the_eight_named_colours_and_no_two_are_close() -> None:
    assert list(NAMED) == ["red", "orange", "yellow", "green", "gray", "blue", "purple", "black"]
    for a, b in combinations(NAMED.values(), 2):
        assert sum(abs(x - y) for x, y in zip((a.r, a.g, a.b), (b.r, b.g, b.b), strict=True)) > 90


@pytest.mark.parametrize(
    ("a", "b", "ratio"),
    [
        (WHITE, BLACK, 21.0),
        (WHITE, WHITE, 1.0),
        # Worked by hand from the definition in WCAG 2.
        (WHITE, Color(0x76, 0x76, 0x76), 4.54),
        (Color(255, 0, 0), BLACK, 5.25),
    ],
)
def test_contrast_is_that_of_wcag(a: Color, b: Color, ratio: float) -> None:
    assert contrast(a, b) == pytest.approx(ratio, abs=0.01)
    assert contrast(b, a) == contrast(a, b)


@given(colors)
def test_text_can_be_read_on_every_colour(background: Color) -> None:
    assert contrast(text_on(background), background) >= 4.5


@given(colors)
def test_quiet_text_can_be_read_on_every_colour(background: Color) -> None:
    assert contrast(quiet_text_on(background, 0.3), background) >= 4.5


@given(colors)
def test_goes_only_as_far_towards_another_as_needed(color: Color) -> None:
    target = text_on(color)
    mixed = towards(color, target, 2.0)
    assert contrast(color, mixed) >= 2.0
    assert contrast(color, mixed) < 2.6


def test_mixes_and_clamps() -> None:
    assert BLACK.mix(WHITE, 0.5) == Color(128, 128, 128)
    assert BLACK.mix(WHITE, -3) == BLACK
    assert BLACK.mix(WHITE, 3) == WHITE


def test_floats_are_premultiplied() -> None:
    assert Color(255, 0, 51).floats() == (1.0, 0.0, 0.2, 1.0)
    assert Color(255, 0, 51).floats(0.5) == (0.5, 0.0, 0.1, 0.5)


def test_luminance_runs_from_black_to_white() -> None:
    assert luminance(BLACK) == 0.0
    assert luminance(WHITE) == pytest.approx(1.0)
