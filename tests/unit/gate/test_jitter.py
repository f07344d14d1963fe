"""Input that tells no times: delays, order, and what the events say."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate import jitter
from spectrum_session.gate.jitter import INPUT, TIMES, DelayLine, retimed
from spectrum_session.gate.schema import SCHEMA

from .ends import Ends

steps = st.lists(
    st.tuples(st.floats(0, 0.2), st.booleans(), st.floats(0, 1)), min_size=1, max_size=40
)
"""After how long something comes, whether it is input, and what chance says."""


@given(steps, st.floats(0.001, 0.5))
def test_order_is_kept_and_nothing_waits_longer_than_it_may(
    arrivals: list[tuple[float, bool, float]], bound: float
) -> None:
    chance = iter([fraction for _, _, fraction in arrivals])
    line = DelayLine(lambda: next(chance))
    now, sent, out, told = 0.0, [], [], [0.0]
    for number, (wait, is_input, _) in enumerate(arrivals):
        now += wait
        out += [(byte, now) for byte in line.take(now)]
        moment = line.moment(now, bound)
        assert now <= moment <= max(now + bound, line._last)
        sent.append((number, now))
        if is_input:
            # What the event says: times that go backwards would confuse programs.
            assert moment >= told[-1]
            told.append(moment)
        line.put(bytes([number]), moment if is_input else now)
        assert line.next is not None and line.size >= 1
    latest = now + bound
    out += [(byte, latest) for byte in line.take(latest)]
    assert [byte for byte, _ in out] == [number for number, _ in sent]
    assert line.next is None and line.size == 0


@given(steps)
def test_it_is_let_go_within_the_bound(arrivals: list[tuple[float, bool, float]]) -> None:
    bound = 0.1
    chance = iter([fraction for _, _, fraction in arrivals])
    line = DelayLine(lambda: next(chance))
    now = 0.0
    for wait, _, _ in arrivals:
        now += wait
        line.take(now)
        line.put(b"x", line.moment(now, bound))
        assert line._last <= now + bound + 1e-9


def test_delays_are_all_over_the_range() -> None:
    found = sorted(jitter.random_fraction() for _ in range(2000))
    assert 0 <= found[0] < 0.05 and 0.95 < found[-1] <= 1
    assert 0.4 < found[1000] < 0.6


MOMENT = 1234.5678


@pytest.mark.parametrize("name", sorted(INPUT))
def test_the_time_of_every_event_is_replaced_and_nothing_else(name: str) -> None:
    for event in SCHEMA[name].events:
        args = [77 for _ in event.kinds]
        changed = list(retimed(event, args, MOMENT))
        place = TIMES.get(name, {}).get(event.name)
        wanted = list(args)
        if name == "zwp_relative_pointer_v1":
            assert (changed[0] << 32) + changed[1] == 1_234_567_800
            wanted[:2] = changed[:2]
        elif place is not None:
            assert event.kinds[place] == "u"
            wanted[place] = 1_234_567
        assert changed == wanted


def test_every_time_has_its_row() -> None:
    """The names of arguments are not in the table: those of the type of a time, at its place."""
    for name, events in TIMES.items():
        assert name in INPUT
        for event in events:
            assert SCHEMA[name].event(event)
    told = {(name, event) for name, events in TIMES.items() for event in events}
    for name in INPUT:
        for event in ("motion", "button", "axis", "axis_stop", "key", "down", "up", "begin", "end"):
            names = {message.name for message in SCHEMA[name].events}
            if event in names and name.startswith(("wl_", "zwp_pointer_gesture")):
                assert (name, event) in told


@pytest.fixture
def ends() -> Ends:
    """A client with a pointer over a surface of its own; the pointer is the last object."""
    ends = Ends()
    surface = ends.ask(ends.bind("wl_compositor"), "create_surface", ...)
    seat = ends.bind("wl_seat")
    ends.tell(seat, "capabilities", 7)
    pointer = ends.ask(seat, "get_pointer", ...)
    ends.tell(pointer, "enter", 5, surface, 0, 0)
    return ends


def test_delayed_input_is_counted_and_retimed_with_and_without_a_rule(ends: Ends) -> None:
    pointer = ends.next_id - 1
    ends.gate.input_time = MOMENT
    ends.tell(pointer, "motion", 5, 1, 2)
    assert ends.received[-1] == ("wl_pointer.motion", (1_234_567, 1, 2))
    ends.tell(pointer, "button", 6, 5, 0x110, 1)
    name, args = ends.received[-1]
    assert name == "wl_pointer.button"
    assert list(args) == [6, 1_234_567, 0x110, 1]
    ends.tell(pointer, "frame")
    assert ends.gate.inputs == 3
    ends.tell(1, "delete_id", 1000)
    assert ends.gate.inputs == 3


def test_without_a_delay_times_are_left_alone(ends: Ends) -> None:
    ends.tell(ends.next_id - 1, "motion", 5, 1, 2)
    assert ends.received[-1] == ("wl_pointer.motion", (5, 1, 2))
    assert ends.gate.inputs == 0


def test_the_clock_is_the_compositors() -> None:
    assert time.get_clock_info("monotonic").implementation == "clock_gettime(CLOCK_MONOTONIC)"
