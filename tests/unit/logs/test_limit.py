"""A flood of one VM is cut, told of, and no concern of another's lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.logs.limit import Limit


def test_a_burst_passes_and_then_the_rate() -> None:
    limit = Limit(burst=3, per_second=2.0)
    assert [limit.take("work", 0.0) for _ in range(5)] == [0, 0, 0, None, None]
    assert limit.take("work", 0.5) == 2
    assert limit.take("work", 0.5) is None
    assert limit.take("work", 1.0) == 1


def test_keys_do_not_know_each_other() -> None:
    limit = Limit(burst=1, per_second=1.0)
    assert limit.take("work", 0.0) == 0
    assert limit.take("work", 0.0) is None
    assert limit.take("net", 0.0) == 0


@given(st.lists(st.floats(0, 0.1), max_size=300))
def test_no_more_than_burst_and_rate_pass_and_none_is_forgotten(gaps: list[float]) -> None:
    limit = Limit(burst=5, per_second=10.0)
    now, passed, told = 0.0, 0, 0
    for gap in gaps:
        now += gap
        dropped = limit.take("work", now)
        if dropped is not None:
            passed += 1
            told += dropped
    assert passed <= 5 + 10 * now + 1e-6
    final = limit.take("work", now + 10)
    assert final is not None
    assert passed + told + final == len(gaps)
