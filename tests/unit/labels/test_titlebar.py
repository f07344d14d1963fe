from __future__ import annotations

from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.labels import theme
from spectrum_session.labels.chip import chip_width
from spectrum_session.labels.color import NAMED, contrast
from spectrum_session.labels.image import Image
from spectrum_session.labels.label import Label
from spectrum_session.labels.pattern import Pattern
from spectrum_session.labels.titlebar import draw_titlebar

from .strategies import column, columns, labels, runs

titles = st.sampled_from(["", "a title", "W" * 128, "\u2550" * 60, "\u05e9\u05dc\u05d5\u05dd abc"])
widths = st.integers(24, 700)
scales = st.sampled_from([1.0, 1.25, 1.5, 2.0])
states = st.fixed_dictionaries(
    {"focused": st.booleans(), "urgent": st.booleans()}
)
WORK = Label("work", NAMED["blue"], Pattern.GRID)


def rgb(image: Image, x: int, y: int) -> tuple[int, int, int]:
    return image.pixel(x, y)[:3]


@settings(max_examples=60)
@given(labels, titles, widths, scales, states)
def test_a_vms_bar_ends_in_one_colour(
    label: Label, title: str, width: int, scale: float, state: dict[str, Any]
) -> None:
    image = draw_titlebar(label, title, width, 28, scale=scale, utf8=True, **state)
    assert runs(column(image, image.width - 1)) == 1


@settings(max_examples=60)
@given(titles, widths, scales, states)
def test_the_hosts_bar_has_rails_at_both_ends(
    title: str, width: int, scale: float, state: dict[str, Any]
) -> None:
    # With the test above: no label and no title make a VM's bar look like the host's.
    image = draw_titlebar(None, title, width, 28, scale=scale, utf8=True, **state)
    for x in (0, image.width - 1):
        assert runs(column(image, x)) == 7


@settings(max_examples=40)
@given(titles, widths, scales, states)
def test_the_rails_can_be_seen(title: str, width: int, scale: float, state: dict[str, Any]) -> None:
    image = draw_titlebar(None, title, width, 28, scale=scale, **state)
    colors = theme.host_bar(state["focused"], state["urgent"] and not state["focused"])
    assert contrast(colors.ground, colors.rail) >= 2.0
    rail = (colors.rail.r, colors.rail.g, colors.rail.b)
    # A third of the rails' shortest stretch at each end, in every one of the three.
    assert sum(rgb(image, 4, y) == rail for y in range(image.height)) == 3 * max(1, round(scale))


@settings(max_examples=60)
@given(labels, titles, widths, scales, states)
def test_no_title_touches_the_chip(
    label: Label, title: str, width: int, scale: float, state: dict[str, Any]
) -> None:
    bare = draw_titlebar(label, "", width, 28, scale=scale, **state)
    image = draw_titlebar(label, title, width, 28, scale=scale, utf8=True, **state)
    room = min(bare.width - 1, max(bare.width // 2, round(120 * scale)))
    chip = chip_width(label, bare.height, room, scale=scale, font="sans-serif", font_size=10.5)
    assert columns(image, 0, chip) == columns(bare, 0, chip)


@settings(max_examples=40)
@given(labels, titles, st.integers(240, 900), states)
def test_the_chip_takes_half_of_the_bar_at_most(
    label: Label, title: str, width: int, state: dict[str, Any]
) -> None:
    long = label.named("m" * 300)
    image = draw_titlebar(long, title, width, 28, **state)
    colors = theme.vm_bar(label.color, state["focused"], state["urgent"] and not state["focused"])
    # The edge after the chip, then ground.
    assert rgb(image, width // 2 + 1, 0) == (colors.ground.r, colors.ground.g, colors.ground.b)


@settings(max_examples=30)
@given(labels, widths, states)
def test_the_chip_is_in_full_colour_in_every_state(
    label: Label, width: int, state: dict[str, Any]
) -> None:
    image = draw_titlebar(label, "", width, 28, **state)
    full = (label.color.r, label.color.g, label.color.b)
    swatch = [rgb(image, x, y) for y in range(28) for x in range(min(width - 1, 28))]
    assert swatch.count(full) > len(swatch) / 4


def test_the_name_stands_on_plain_full_colour() -> None:
    image = draw_titlebar(WORK, "title", 400, 28, focused=False)
    full = (WORK.color.r, WORK.color.g, WORK.color.b)
    assert {rgb(image, x, y) for x in range(28, 34) for y in range(28)} == {full}
    assert {rgb(image, x, y) for x in range(28, 70) for y in (0, 1, 26, 27)} == {full}


@pytest.mark.parametrize("label", [None, WORK, Label("v", NAMED["black"], Pattern.SOLID)])
def test_focus_shows_over_most_of_the_bar(label: Label | None) -> None:
    on = draw_titlebar(label, "title", 600, 28, focused=True)
    off = draw_titlebar(label, "title", 600, 28, focused=False)
    pairs = [(on.pixel(x, y), off.pixel(x, y)) for y in range(28) for x in range(600)]
    assert sum(a != b for a, b in pairs) > 0.75 * len(pairs)


@pytest.mark.parametrize("label", [None, WORK])
def test_the_mark_of_an_urgent_window_shows(label: Label | None) -> None:
    without = draw_titlebar(label, "title", 600, 28, focused=False)
    marked = draw_titlebar(label, "title", 600, 28, focused=False, urgent=True)
    assert columns(without, 500, 600) != columns(marked, 500, 600)


def test_urgency_is_over_when_focused() -> None:
    plain = draw_titlebar(WORK, "title", 600, 28, focused=True)
    assert draw_titlebar(WORK, "title", 600, 28, focused=True, urgent=True) == plain


def test_labels_of_one_colour_differ_by_pattern_and_name() -> None:
    red = NAMED["red"]
    bars = [
        draw_titlebar(Label(name, red, pattern), "t", 300, 28, focused=False).data
        for name in ("one", "two")
        for pattern in Pattern
    ]
    assert len({bytes(data) for data in bars}) == len(bars)


@settings(max_examples=40)
@given(st.none() | labels, st.integers(1, 300), st.integers(1, 60), st.floats(0.5, 3.0))
def test_any_size_is_filled_and_opaque(
    label: Label | None, width: int, height: int, scale: float
) -> None:
    image = draw_titlebar(label, "title", width, height, focused=False, urgent=True, scale=scale)
    assert image.width in (ceil(width * scale), ceil(width * scale - 1e-6))
    assert image.height in (ceil(height * scale), ceil(height * scale - 1e-6))
    assert image.stride == image.width * 4
    assert image.data[3::4].count(255) == image.width * image.height


def test_a_size_that_floats_miss_is_not_rounded_up() -> None:
    # 1.1 * 50 is a little over 55 as a float.
    assert draw_titlebar(WORK, "", 50, 20, focused=True, scale=1.1).width == 55


@pytest.mark.parametrize(("width", "height"), [(0, 28), (100, 0), (40000, 28)])
def test_refuses_sizes_that_cannot_be(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        draw_titlebar(WORK, "", width, height, focused=True)


def test_titles_are_sanitised_here_too() -> None:
    plain = draw_titlebar(WORK, "a b", 400, 28, focused=True)
    assert draw_titlebar(WORK, "a\u202e\n\nb\0", 400, 28, focused=True) == plain
    assert draw_titlebar(WORK, "\u00e9", 400, 28, focused=True) != draw_titlebar(
        WORK, "\u00e9", 400, 28, focused=True, utf8=True
    )


def test_right_to_left_titles_begin_where_others_do() -> None:
    # What follows the chip stays beside it, whatever direction its letters have.
    hebrew = draw_titlebar(WORK, "\u05d0" * 5, 800, 28, focused=False, utf8=True)
    blank = draw_titlebar(WORK, "", 800, 28, focused=False)
    assert columns(hebrew, 90, 200) != columns(blank, 90, 200)
    assert columns(hebrew, 300, 800) == columns(blank, 300, 800)
