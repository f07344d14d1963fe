"""Pens: what is destroyed while one is near, and what pads say."""

from __future__ import annotations

import pytest

from spectrum_session.gate.rules.tablet import MAX_FEEDBACK

from .seats import NEVER_GIVEN, PRESS, Seats


class Pens(Seats):
    """With a tablet and two pens."""

    def __init__(self) -> None:
        super().__init__()
        self.tablet_seat = self.ask(
            self.bind("zwp_tablet_manager_v2"), "get_tablet_seat", ..., self.seat
        )
        self.tablet = self.tell(self.tablet_seat, "tablet_added", ...)
        self.pens = [self.tell(self.tablet_seat, "tool_added", ...) for _ in range(2)]

    def near(self, pen: int) -> None:
        self.tell(pen, "proximity_in", 30, self.tablet, self.surface)


@pytest.fixture
def ends() -> Pens:
    return Pens()


def destructor(ends: Pens, which: str) -> tuple[int, str]:
    return {
        "pen": (ends.pens[0], "destroy"),
        "tablet seat": (ends.tablet_seat, "destroy"),
        "seat": (ends.seat, "release"),
    }[which]


@pytest.mark.parametrize("which", ["pen", "tablet seat", "seat"])
def test_nothing_is_put_off_while_no_pen_is_near(ends: Pens, which: str) -> None:
    ends.near(ends.pens[1])
    ends.tell(ends.pens[1], "proximity_out")
    ends.passes(*destructor(ends, which))


@pytest.mark.parametrize("end", ["proximity_out", "removed"])
@pytest.mark.parametrize("which", ["pen", "tablet seat", "seat"])
def test_a_pen_that_is_near_is_not_destroyed_before_it_leaves(
    ends: Pens, which: str, end: str
) -> None:
    """7dd8fdf76: wlroots would write to the surface below it after that is gone."""
    number, request = destructor(ends, which)
    for pen in ends.pens:
        ends.near(pen)
    ends.ignores(number, request)
    # For the client it is gone.
    assert not ends.object(number).alive
    # The surface goes first, then what was put off.
    ends.passes(ends.surface, "destroy")
    ends.tell(ends.pens[0], end)
    assert ends.last()[0] == "wl_surface.destroy"
    ends.tell(ends.pens[1], "proximity_out")
    assert ends.last() == (f"{ends.interfaces[number]}.{request}", ())
    ends.near(ends.pens[1])
    ends.tell(ends.pens[1], "proximity_out")
    assert ends.sent[-2][0] == "wl_surface.destroy"


def test_what_was_put_off_is_gone_for_the_client(ends: Pens) -> None:
    ends.near(ends.pens[0])
    ends.ask(ends.pens[0], "destroy")
    assert "unknown object" in str(ends.refuses(ends.pens[0], "destroy"))


def test_of_what_was_put_off_the_client_hears_nothing(ends: Pens) -> None:
    pen, other = ends.pens
    ends.near(pen)
    ends.near(other)
    ends.ask(pen, "destroy")
    count = len(ends.received)
    ends.tell(pen, "motion", 0, 0)
    ends.tell(pen, "down", 44)
    ends.tell(pen, "frame", 0)
    ends.tell(pen, "proximity_out")
    assert len(ends.received) == count
    ends.tell(other, "motion", 0, 0)
    ends.tell(other, "proximity_out")
    assert len(ends.received) == count + 2
    assert ends.last() == ("zwp_tablet_tool_v2.destroy", ())


def test_objects_of_the_compositor_are_counted_once(ends: Pens) -> None:
    before = ends.account.used["objects"]
    ends.near(ends.pens[0])
    ends.ask(ends.pens[0], "destroy")
    assert ends.account.used["objects"] == before - 1
    ends.tell(ends.pens[0], "proximity_out")
    assert ends.account.used["objects"] == before - 1
    ends.gate.close()
    assert ends.account.used["objects"] == 0


def test_feedback_of_pads(ends: Pens) -> None:
    pad = ends.tell(ends.tablet_seat, "pad_added", ...)
    group = ends.tell(pad, "group", ...)
    ring = ends.tell(group, "ring", ...)
    strip = ends.tell(group, "strip", ...)
    ends.tell(group, "mode_switch", 0, 31, 1)
    for target, values in ((pad, (3,)), (ring, ()), (strip, ())):
        ends.passes(target, "set_feedback", *values, "Zurück".encode(), 31)
        ends.passes(target, "set_feedback", *values, b"x" * MAX_FEEDBACK, PRESS)
        ends.drops(
            target, "set_feedback", *values, b"x", NEVER_GIVEN, why="tablet-serial"
        )
        for wrong in (b"x" * (MAX_FEEDBACK + 1), b"\xff"):
            ends.drops(target, "set_feedback", *values, wrong, 31, why="tablet-feedback")
