"""Lines that a client could ask for without end."""

from __future__ import annotations

from spectrum_session.compositor.clients.log_rate import Seldom, times


def test_the_first_is_said_and_then_one_a_second() -> None:
    now = 5.0
    seldom = Seldom(1.0, lambda: now)
    assert seldom.count() == 1
    assert [seldom.count() for _ in range(3)] == [0, 0, 0]
    now = 5.99
    assert seldom.count() == 0
    now = 6.0
    assert seldom.count() == 5
    now = 60.0
    assert seldom.count() == 1


def test_what_is_added_to_the_line() -> None:
    assert times(1) == ""
    assert times(12) == " (12 times since it was last said)"
