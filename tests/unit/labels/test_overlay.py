from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.labels import theme
from spectrum_session.labels.image import Image
from spectrum_session.labels.keycap import captions
from spectrum_session.labels.overlay import Group, draw_bindings, draw_notice

words = st.sampled_from(["Focus", "Move the window", "x", "", "A long description of what it does"])
chords = st.sampled_from(["Super+Return", "Super+Shift+Ctrl+Alt+Page_Down", "F1", "Super++"])
groups = st.lists(st.tuples(words, st.lists(st.tuples(chords, words), max_size=12)), max_size=8)


def many(count: int) -> list[Group]:
    rows = [(f"Super+{n}", f"Binding number {n}") for n in range(8)]
    return [(f"Group {n}", rows) for n in range(count)]


def near(image: Image, color: tuple[int, int, int]) -> int:
    """How many pixels are of this colour."""
    red, green, blue = color
    wanted = bytes((blue, green, red, 255))
    data = bytes(image.data)
    return sum(data[at : at + 4] == wanted for at in range(0, len(data), 4))


@pytest.mark.parametrize(
    ("chord", "caps"),
    [
        ("Super+Return", ["Super", "Return"]),
        ("Super+Shift+q", ["Super", "Shift", "Q"]),
        ("Super+Left", ["Super", "\u2190"]),
        ("Super+plus", ["Super", "+"]),
        ("Super++", ["Super", "+"]),
        ("+", ["+"]),
        ("XF86AudioRaiseVolume", ["Audio Raise Volume"]),
        ("F11", ["F11"]),
        ("", []),
    ],
)
def test_chords_become_caps(chord: str, caps: list[str]) -> None:
    assert captions(chord) == caps


@settings(max_examples=40)
@given(groups, st.integers(260, 1900), st.integers(120, 1000), st.sampled_from([1.0, 1.25, 2.0]))
def test_bindings_keep_within_their_bounds(
    groups: list[Group], width: int, height: int, scale: float
) -> None:
    image = draw_bindings(groups, width, height, scale)
    assert image.width <= width * scale + 1
    assert image.height <= height * scale + 1


def test_few_bindings_make_a_small_panel() -> None:
    small, large = draw_bindings(many(1), 1900, 1000), draw_bindings(many(6), 1900, 1000)
    assert small.width * small.height < large.width * large.height / 3


def test_more_columns_where_there_is_little_height() -> None:
    tall, low = draw_bindings(many(4), 1600, 1000), draw_bindings(many(4), 1600, 340)
    assert low.height <= 340
    assert low.width > tall.width


def test_rows_are_left_out_only_when_nothing_else_helps() -> None:
    # The note in the last place makes the difference between two counts of what is left out.
    seen = [bytes(draw_bindings(many(count), 420, 300).data) for count in (20, 30)]
    assert seen[0] != seen[1]


def test_a_hint_is_shown() -> None:
    assert draw_bindings(many(2), 900, 600) != draw_bindings(many(2), 900, 600, hint="Esc closes")


def test_no_room_is_an_error() -> None:
    with pytest.raises(ValueError, match="40x40"):
        draw_bindings(many(1), 40, 40)
    with pytest.raises(ValueError, match="no room"):
        draw_notice("title", [], "info", 20)


def test_corners_are_transparent() -> None:
    for image in (draw_bindings(many(1), 900, 600), draw_notice("title", ["line"], "info", 400)):
        assert image.pixel(0, 0)[3] == 0
        assert image.pixel(image.width // 2, image.height // 2)[3] == 255


def test_notices_wrap_and_keep_their_width() -> None:
    short = draw_notice("title", ["a line"], "info", 400)
    long = draw_notice("title", ["many words " * 12], "info", 400)
    assert short.width < long.width <= 400
    assert long.height > short.height


def test_a_line_without_spaces_wraps_too() -> None:
    assert draw_notice("title", ["x" * 200], "info", 300).width <= 300


def test_many_lines_are_cut_short() -> None:
    some, more = (draw_notice("title", ["line"] * count, "error", 400) for count in (13, 200))
    assert some.height == more.height
    assert some.data != more.data
    assert draw_notice("title", ["line"] * 12, "error", 400).height < some.height


def test_errors_look_unlike_information() -> None:
    error, info = (draw_notice("title", ["line"], kind, 400) for kind in ("error", "info"))
    red = (theme.ERROR.r, theme.ERROR.g, theme.ERROR.b)
    teal = (theme.ACCENT.r, theme.ACCENT.g, theme.ACCENT.b)
    assert near(error, red) > 100 and near(error, teal) == 0
    assert near(info, teal) > 100 and near(info, red) == 0
