"""When a dead gate is started again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm.gates.backoff import FIRST_S, LONGEST_S, STEADY_S, Backoff


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff()
    delays = []
    for _ in range(12):
        backoff, delay = backoff.died(0.0)
        delays.append(delay)
    assert delays[:4] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S]
    assert delays[-1] == LONGEST_S
    assert delays == sorted(delays)


def test_a_long_life_makes_up_for_all_before() -> None:
    backoff = Backoff()
    for _ in range(6):
        backoff, _ = backoff.died(1.0)
    backoff, delay = backoff.died(STEADY_S)
    assert delay == FIRST_S
    _, delay = backoff.died(0.0)
    assert delay == 2 * FIRST_S


@given(st.lists(st.floats(0, 1e6)))
def test_it_never_waits_less_or_more(lives: list[float]) -> None:
    backoff = Backoff()
    for lived in lives:
        backoff, delay = backoff.died(lived)
        assert FIRST_S <= delay <= LONGEST_S


def test_a_thousand_deaths_are_no_overflow() -> None:
    backoff = Backoff(10_000)
    assert backoff.died(0.0)[1] == LONGEST_S
