"""Input that tells no times: delays, order, and what the events say."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate import jitter
from spectrum_session.gate.connection import Connection
from spectrum_session.gate.jitter import INPUT, TIMES, DelayLine
from spectrum_session.gate.schema import SCHEMA, Interface
from spectrum_session.gate.schema_table import INTERFACES
from spectrum_session.gate.verdict import DROP

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
    now, sent, out = 0.0, [], []
    for number, (wait, is_input, _) in enumerate(arrivals):
        now += wait
        out += [(byte, now) for byte in line.take(now)]
        moment = line.moment(now, bound)
        assert now <= moment <= max(now + bound, line._last)
        sent.append((number, now))
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


@pytest.fixture
def schema() -> dict[str, Interface]:
    """The interfaces of input, without the rules of others."""
    return {name: Interface(name, *INTERFACES[name]) for name in INPUT}


class Gate(Connection):
    """What a rule sees of a connection: its clock alone."""

    def __init__(self) -> None:
        self.input_time: float | None = 1234.5678
        self.inputs = 0


def test_every_input_event_is_counted_and_every_time_replaced(
    schema: dict[str, Interface],
) -> None:
    jitter.attach(schema)
    gate = Gate()
    for name, interface in schema.items():
        for message in interface.events:
            args = [77 if kind in "iuf" else None for kind in message.kinds]
            before = gate.inputs
            assert message.rule is not None
            verdict = message.rule(gate, None, *args)
            assert gate.inputs == before + 1
            place = TIMES.get(name, {}).get(message.name)
            if name == "zwp_relative_pointer_v1":
                assert (verdict[0] << 32) + verdict[1] == 1_234_567_800
                assert list(verdict[2:]) == args[2:]
            elif place is None:
                assert verdict is None
            else:
                assert message.kinds[place] == "u"
                assert verdict[place] == 1_234_567
                # An object that is gone is none on the wire.
                wanted = [0 if value is None else value for value in args]
                wanted[place] = 1_234_567
                assert list(verdict) == wanted


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


def test_rules_that_were_there_have_the_first_word(schema: dict[str, Interface]) -> None:
    motion = schema["wl_pointer"].event("motion")
    motion.rule = lambda _gate, _target, when, x, y: DROP if x < 0 else (when, x + 1, y)
    jitter.attach(schema)
    jitter.attach(schema)
    gate = Gate()
    assert motion.rule(gate, None, 5, -1, 0) is DROP
    assert gate.inputs == 0
    assert motion.rule(gate, None, 5, 1, 0) == (1_234_567, 2, 0)
    gate.input_time = None
    assert motion.rule(gate, None, 5, 1, 0) == (5, 2, 0)


def test_the_clock_is_the_compositors() -> None:
    assert time.get_clock_info("monotonic").implementation == "clock_gettime(CLOCK_MONOTONIC)"
