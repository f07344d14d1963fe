"""Presentation feedback: what it says depends on the client's own commits and the clock alone."""

from __future__ import annotations

from typing import Any

import pytest

from spectrum_session.gate.presentation import DEFAULT_REFRESH, next_tick, period_ns
from spectrum_session.gate.schema import SCHEMA

from .ends import Ends

PERIOD = period_ns(DEFAULT_REFRESH)
CURRENT = 1


class Screen(Ends):
    """A surface on one output, and wp_presentation."""

    def __init__(self, refresh: int = 60_000, *, binds: bool = True) -> None:
        super().__init__()
        self.compositor = self.bind("wl_compositor")
        self.presentation = self.bind("wp_presentation")
        self.output = self.bind("wl_output") if binds else 0
        self.surface = self.ask(self.compositor, "create_surface", ...)
        if binds:
            self.tell(self.output, "mode", CURRENT, 1280, 720, refresh)
            self.tell(self.surface, "enter", self.output)
        self.gate.now = 1000 * PERIOD + 5
        self.received.clear()

    def commit(self, surface: int = 0) -> int:
        """Commit with feedback; returns it."""
        surface = surface or self.surface
        made = self.ask(self.presentation, "feedback", surface, ...)
        self.interfaces[made] = "wp_presentation_feedback"
        self.ask(surface, "commit")
        return made

    def compositor_answers(self, number: int) -> None:
        """It believes that it was a sync."""
        self.interfaces[number] = "wl_callback"
        self.tell(number, "done", 77)
        self.interfaces[number] = "wp_presentation_feedback"
        self.tell(1, "delete_id", number)

    def at(self, now: int) -> list[tuple[str, tuple[Any, ...]]]:
        """What the client is told at this time."""
        self.received.clear()
        self.gate.now = now
        self.gate.presentation.answer(now)
        self._drain()
        return list(self.received)


def presented(tick: int, period: int = PERIOD) -> tuple[str, tuple[int, ...]]:
    seconds, nanoseconds = divmod(tick, 1_000_000_000)
    args = (0, seconds, nanoseconds, period, 0, tick // period, 1)
    return ("wp_presentation_feedback.presented", args)


def test_the_compositor_is_not_asked() -> None:
    """It has a callback of the same id: ids have to be counted at both ends."""
    screen = Screen()
    feedback = screen.commit()
    assert screen.sent[-2] == ("wl_display.sync", (feedback,))
    assert "wp_presentation.feedback" not in dict(screen.sent)
    screen.compositor_answers(feedback)
    assert screen.received == []


@pytest.mark.parametrize("answered", ["before", "after"])
def test_it_is_told_at_the_second_tick(answered: str) -> None:
    screen = Screen()
    feedback = screen.commit()
    if answered == "before":
        screen.compositor_answers(feedback)
    due = 1002 * PERIOD
    assert screen.gate.presentation.next == due
    assert screen.at(due - 1) == []
    told = screen.at(due + 700)
    assert told[:2] == [
        ("wp_presentation_feedback.sync_output", (screen.output,)),
        presented(due),
    ]
    assert screen.gate.presentation.next is None
    if answered == "after":
        assert len(told) == 2
        screen.received.clear()
        screen.compositor_answers(feedback)
        told = screen.received
    assert told[-1] == ("wl_display.delete_id", (feedback,))
    assert feedback not in screen.gate.objects.by_id
    # The id is free at both ends.
    screen.next_id = feedback
    assert screen.ask(screen.compositor, "create_surface", ...) == feedback


def test_a_client_that_draws_each_frame_is_told_of_each() -> None:
    screen = Screen()
    for frame in range(5):
        feedback = screen.commit()
        screen.compositor_answers(feedback)
        told = screen.at((1001 + frame) * PERIOD + 9)
        ticks = [args for name, args in told if name.endswith(".presented")]
        assert ticks == ([presented((1001 + frame) * PERIOD)[1]] if frame else [])


def test_what_was_replaced_before_it_was_shown_is_discarded() -> None:
    screen = Screen()
    first = screen.commit()
    second = screen.commit()
    assert ("wp_presentation_feedback.discarded", ()) in screen.received
    told = screen.at(1002 * PERIOD)
    assert [name for name, _ in told if "feedback" in name] == [
        "wp_presentation_feedback.sync_output",
        "wp_presentation_feedback.presented",
    ]
    assert first != second


def test_a_commit_without_feedback_replaces_it_too() -> None:
    screen = Screen()
    screen.commit()
    screen.ask(screen.surface, "commit")
    assert screen.received == [("wp_presentation_feedback.discarded", ())]
    assert screen.at(1002 * PERIOD) == []


def test_what_is_on_no_output_is_discarded() -> None:
    screen = Screen()
    screen.tell(screen.surface, "leave", screen.output)
    screen.commit()
    assert screen.at(1002 * PERIOD) == [("wp_presentation_feedback.discarded", ())]


def test_a_client_that_knows_no_output_is_told_all_the_same() -> None:
    screen = Screen(binds=False)
    screen.commit()
    assert screen.at(1002 * PERIOD) == [presented(1002 * PERIOD)]


def test_an_output_that_the_client_has_destroyed_is_not_named() -> None:
    screen = Screen()
    screen.commit()
    screen.ask(screen.output, "release")
    assert screen.at(1002 * PERIOD) == [presented(1002 * PERIOD)]


def test_with_its_surface() -> None:
    screen = Screen()
    screen.commit()
    screen.ask(screen.presentation, "feedback", screen.surface, ...)
    screen.interfaces[screen.next_id - 1] = "wp_presentation_feedback"
    screen.ask(screen.surface, "destroy")
    assert screen.received == 2 * [("wp_presentation_feedback.discarded", ())]
    assert screen.at(1002 * PERIOD) == []


def test_the_rate_of_the_output() -> None:
    screen = Screen(refresh=144_000)
    period = period_ns(144_000)
    screen.gate.now = 5000 * period + 1
    screen.commit()
    told = screen.at(5002 * period)
    assert told[-1] == presented(5002 * period, period)


@pytest.mark.parametrize("shift", [0, 3_000_000, 16_000_000])
def test_the_clock_is_that_of_the_frame_callbacks(shift: int) -> None:
    screen = Screen()
    screen.commit()
    screen.at(1002 * PERIOD)
    for frame in range(1010, 1015):
        made = screen.ask(screen.surface, "frame", ...)
        screen.ask(screen.surface, "commit")
        screen.gate.now = frame * PERIOD + shift
        screen.tell(made, "done", (frame * PERIOD + shift) // 1_000_000 & 0xFFFFFFFF)
        screen.tell(1, "delete_id", made)
    screen.commit()
    due = screen.gate.presentation.next
    assert due is not None
    assert 0 <= (1016 * PERIOD + shift) - due < 1_000_000
    if not shift:
        assert due == 1016 * PERIOD


def test_nothing_of_it_is_counted_any_more() -> None:
    screen = Screen()
    before = screen.account.used["objects"]
    for frame in range(20):
        screen.compositor_answers(screen.commit())
        screen.at((1003 + frame) * PERIOD)
    screen.at(2000 * PERIOD)
    assert screen.account.used["objects"] == before
    screen.commit()
    screen.gate.close()
    assert set(screen.account.used.values()) == {0}


def test_events_stand_as_the_gate_sends_them() -> None:
    names = [one.name for one in SCHEMA["wp_presentation_feedback"].events]
    assert names == ["sync_output", "presented", "discarded"]


def test_the_next_tick_is_never_the_same_moment() -> None:
    assert next_tick(20, 10, 0) == 30
    assert next_tick(21, 10, 3) == 23
    assert period_ns(0) == period_ns(60_000)
