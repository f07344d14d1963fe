"""Text fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate.rules.text import is_boundary, is_text
from spectrum_session.gate.rules.text_input import HINTS, MAX_RECTANGLE, MAX_TEXT, PURPOSES

from .seats import Seats


class Field(Seats):
    """With a text input."""

    def __init__(self) -> None:
        super().__init__()
        self.field = self.ask(
            self.bind("zwp_text_input_manager_v3"), "get_text_input", ..., self.seat
        )


@pytest.fixture
def ends() -> Field:
    return Field()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60), st.data())
def test_text_of_an_honest_client_passes(text: str, data: st.DataObject) -> None:
    places = [len(text[:at].encode()) for at in range(len(text) + 1)]
    cursor, anchor = data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))
    ends = Field()
    ends.passes(ends.field, "set_surrounding_text", text.encode(), cursor, anchor)


@given(st.binary(max_size=20), st.integers(-3, 25))
def test_boundaries_are_those_of_utf_8(text: bytes, at: int) -> None:
    if is_text(text):
        inside = 0 <= at <= len(text)
        assert is_boundary(text, at) is (
            inside and is_text(text[:at]) and is_text(text[at:])
        )


@pytest.mark.parametrize(
    ("text", "cursor", "anchor"),
    [
        (b"abc", 4, 0),
        (b"abc", 0, 4),
        (b"abc", -1, 0),
        (b"abc", 0, -(2**31)),
        (b"abc", 2**31 - 1, 0),
        ("ä".encode(), 1, 0),
        ("ä".encode(), 0, 1),
        (b"\xff", 0, 0),
        (b"\xed\xa0\x80", 0, 0),
        (b"x" * (MAX_TEXT + 1), 0, 0),
    ],
)
def test_text_that_an_input_method_would_stumble_over(
    ends: Field, text: bytes, cursor: int, anchor: int
) -> None:
    ends.drops(
        ends.field, "set_surrounding_text", text, cursor, anchor, why="surrounding-text"
    )


def test_the_longest_text(ends: Field) -> None:
    ends.passes(ends.field, "set_surrounding_text", b"x" * MAX_TEXT, MAX_TEXT, 0)


def test_causes(ends: Field) -> None:
    for cause in (0, 1):
        ends.passes(ends.field, "set_text_change_cause", cause)
    ends.drops(ends.field, "set_text_change_cause", 2, why="text-change-cause")


def test_hints_and_purposes_of_later_versions_are_left_out(ends: Field) -> None:
    ends.passes(ends.field, "set_content_type", HINTS, PURPOSES)
    ends.ask(ends.field, "set_content_type", 2**32 - 1, PURPOSES + 1)
    assert ends.last()[1] == (HINTS, 0)


def test_rectangles(ends: Field) -> None:
    ends.passes(ends.field, "set_cursor_rectangle", -5, 7, 0, 20)
    low, high = -(2**31), 2**31 - 1
    ends.ask(ends.field, "set_cursor_rectangle", low, high, low, high)
    assert ends.last()[1] == (-MAX_RECTANGLE, MAX_RECTANGLE, 0, MAX_RECTANGLE)


def test_enabled_with_a_commit_and_counted(ends: Field) -> None:
    state = ends.object(ends.field).state
    ends.ask(ends.field, "enable")
    ends.ask(ends.field, "set_content_type", 1, 2)
    assert not state.enabled
    ends.ask(ends.field, "commit")
    assert (state.enabled, state.commits, state.hint, state.purpose) == (True, 1, 1, 2)
    ends.ask(ends.field, "disable")
    ends.ask(ends.field, "enable")
    ends.ask(ends.field, "commit")
    assert (state.enabled, state.commits, state.hint, state.purpose) == (True, 2, 0, 0)
    ends.ask(ends.field, "disable")
    ends.ask(ends.field, "commit")
    assert (state.enabled, state.commits) == (False, 3)


def test_nobody_leaves_where_nobody_entered(ends: Field) -> None:
    """538a7a190, seen from the client."""
    count = len(ends.received)
    ends.tell(ends.field, "leave", ends.surface)
    assert len(ends.received) == count
    for _ in range(2):
        ends.tell(ends.field, "enter", ends.surface)
        assert ends.object(ends.field).state.describe()["surface"] == ends.surface
        ends.tell(ends.field, "leave", ends.surface)
        ends.tell(ends.field, "leave", ends.surface)
    assert [name for name, _ in ends.received[count:]] == [
        "zwp_text_input_v3.enter",
        "zwp_text_input_v3.leave",
    ] * 2
