"""Lines that a client could ask for without end."""

from __future__ import annotations

from spectrum_session.compositor.clients.rate_limit import RateLimit, repeated


def test_the_first_is_said_and_then_one_a_second() -> None:
    now = 5.0
    limit = RateLimit(1.0, lambda: now)
    assert limit.count() == 1
    assert [limit.count() for _ in range(3)] == [0, 0, 0]
    now = 5.99
    assert limit.count() == 0
    now = 6.0
    assert limit.count() == 5
    now = 60.0
    assert limit.count() == 1


def test_what_is_added_to_the_line() -> None:
    assert repeated(1) == ""
    assert repeated(12) == " (repeated 12 times)"
