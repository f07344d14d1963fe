from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.labels.color import NAMED
from spectrum_session.labels.label import Label
from spectrum_session.labels.pattern import Pattern
from spectrum_session.labels.tag import draw_tag

from .strategies import columns, labels

WORK = Label("work", NAMED["blue"], Pattern.GRID)


@settings(max_examples=40)
@given(labels, st.sampled_from(["", "t", "W" * 128]), st.integers(30, 500))
def test_keeps_within_its_bounds(label: Label, title: str, most: int) -> None:
    image = draw_tag(label, title, max_width=most)
    assert image.width <= most
    assert image.height == 20


def test_is_as_wide_as_it_needs_to_be() -> None:
    empty, short, long = (draw_tag(WORK, title) for title in ("", "title", "title " * 20))
    assert empty.width < short.width < long.width
    assert draw_tag(WORK, "title", scale=2).width > 1.8 * short.width


def test_no_title_touches_the_chip() -> None:
    empty, full = draw_tag(WORK, ""), draw_tag(WORK, "W" * 128)
    chip = empty.width - 8
    assert columns(full, 0, chip) == columns(empty, 0, chip)


def test_lower_corners_are_round_and_upper_ones_are_not() -> None:
    image = draw_tag(WORK, "title")
    right, bottom = image.width - 1, image.height - 1
    assert image.pixel(0, 0)[3] == image.pixel(right, 0)[3] == 255
    assert image.pixel(0, bottom)[3] < 128 and image.pixel(right, bottom)[3] < 128


def test_is_edged_in_the_labels_colour() -> None:
    image = draw_tag(WORK, "title")
    edge = (WORK.color.r, WORK.color.g, WORK.color.b, 255)
    assert image.pixel(image.width - 1, 3) == edge
    assert image.pixel(image.width // 2, image.height - 1) == edge
