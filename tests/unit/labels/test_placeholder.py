"""Pictures of VMs that start or failed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.labels import theme
from spectrum_session.labels.color import NAMED, Color, contrast
from spectrum_session.labels.placeholder import (
    _TRACK,
    Button,
    Panel,
    bar_color,
    draw_placeholder,
    shown_lines,
)

from .strategies import colors
from .test_overlay import near

BLUE = NAMED["blue"]
BUTTONS = (
    Button("log", "Show log", "L"),
    Button("start", "Start again", "S"),
    Button("close", "Close", "Escape"),
)
PARTS = ((0.2, 1.0), (0.5, 0.4), (0.3, 0.0))
HOSTILE = (
    "\u202eevil\u2066",
    "W" * 5000,
    "\u0645\u0631\u062d\u0628\u0627 " * 100,
    "a\u0301" * 300,
    "<b>&amp;</b>",
    "",
)

panels = st.builds(
    Panel,
    st.sampled_from(["work", "", "a-very-long-name-of-a-machine-indeed-it-is", "\u05d0\u05d1"]),
    st.sampled_from(["Starting", "", "Starting user space: it takes much longer than usual"]),
    st.sampled_from(["calm", "warning", "error"]),
    st.sampled_from(["", "12 s", "1 min 12 s of about 1 min"]),
    st.sampled_from([(), PARTS, ((1.0, 0.5),)]),
    st.sampled_from(["", "why it is so", "word " * 200]),
    st.lists(st.sampled_from(HOSTILE) | st.text(max_size=30), max_size=8).map(tuple),
    st.sampled_from([0, 6]),
    st.sampled_from([(), BUTTONS[:1], BUTTONS]),
    st.sampled_from(["", "A note."]),
)


@settings(max_examples=120)
@given(
    panels,
    colors,
    st.integers(1, 1900),
    st.integers(1, 1000),
    st.sampled_from([1.0, 1.25, 1.5, 2.0]),
    st.none() | st.integers(0, 2),
)
def test_it_keeps_within_its_area(
    panel: Panel, color: Color, width: int, height: int, scale: float, selected: int | None
) -> None:
    drawing = draw_placeholder(panel, color, width, height, scale, selected=selected)
    assert drawing.image.width <= width * scale + 1
    assert drawing.image.height <= height * scale + 1
    assert len(drawing.buttons) == len(panel.buttons)
    for x, _, wide, tall in drawing.buttons:
        assert x >= 0 and wide > 0 and tall > 0 and (x + wide) * scale <= drawing.image.width + 2


def test_buttons_do_not_overlap_and_stay_in_a_small_tile() -> None:
    panel = Panel("work", "Failed", "error", detail="why", lines=("x",) * 6, buttons=BUTTONS)
    drawing = draw_placeholder(panel, BLUE, 260, 190)
    rows = sorted(drawing.buttons, key=lambda box: (box[1], box[0]))
    for (x, y, wide, tall), (next_x, next_y, _, _) in pairwise(rows):
        assert next_x >= x + wide if next_y == y else next_y >= y + tall
    assert all(y + tall <= drawing.image.height for _, y, _, tall in drawing.buttons)


def test_the_bar_is_in_the_colour_of_the_label() -> None:
    drawing = draw_placeholder(Panel("work", "Starting", parts=PARTS), BLUE, 900, 500)
    done = (0.2 + 0.5 * 0.4) * drawing.image.width * 6
    assert near(drawing.image, (BLUE.r, BLUE.g, BLUE.b)) == pytest.approx(done, rel=0.05)


@given(colors)
def test_the_bar_can_be_seen_whatever_the_label(color: Color) -> None:
    assert contrast(bar_color(color), _TRACK) >= 1.8


@pytest.mark.parametrize("selected", [0, 1, 2])
def test_the_chosen_button_is_marked(selected: int) -> None:
    panel = Panel("work", "Failed", buttons=BUTTONS)
    drawing = draw_placeholder(panel, BLUE, 900, 500, selected=selected)
    accent = (theme.ACCENT.r, theme.ACCENT.g, theme.ACCENT.b, 255)
    marked = [
        index
        for index, (left, top, width, _) in enumerate(drawing.buttons)
        if drawing.image.pixel(left + width // 2, top) == accent
    ]
    assert marked == [selected]


def test_nothing_moves_as_lines_come() -> None:
    heights = {
        draw_placeholder(
            Panel("work", "Starting", lines=("x",) * count, room=6), BLUE, 900, 500
        ).image.height
        for count in range(7)
    }
    assert len(heights) == 1


def test_lines_that_are_shown() -> None:
    assert shown_lines(["a", " ", "", "\tb  ", "c"], 2) == (" b", "c")
    assert shown_lines([], 3) == ()
    assert len(shown_lines(["x" * 9999], 1)[0]) == 200


def test_there_must_be_an_area() -> None:
    with pytest.raises(ValueError, match="no room"):
        draw_placeholder(Panel("work", "Starting"), BLUE, 0, 10)
