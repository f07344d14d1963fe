"""What was refused is told at most once a second and kind, and never lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate.refusals import EVERY_S, KINDS, OTHER, Refusals


def test_the_first_is_told_at_once_and_the_rest_together() -> None:
    refusals = Refusals()
    assert refusals.due(0.0) == [] and refusals.next() is None
    refusals.add("a", "one")
    assert refusals.due(10.0) == [("a", "one", 1)]
    for number in range(5):
        refusals.add("a", str(number))
    assert refusals.due(10.5) == [] and refusals.waiting == 1
    assert refusals.next() == 10.0 + EVERY_S
    assert refusals.due(10.0 + EVERY_S) == [("a", "4", 5)]
    assert refusals.due(99.0) == [] and refusals.next() is None and not refusals.waiting


def test_kinds_do_not_wait_for_each_other() -> None:
    refusals = Refusals()
    refusals.add("a", "x")
    assert refusals.due(1.0) == [("a", "x", 1)]
    refusals.add("a", "x")
    refusals.add("b", "y")
    assert refusals.due(1.1) == [("b", "y", 1)]


def test_kinds_are_bounded() -> None:
    refusals = Refusals()
    for number in range(KINDS + 50):
        refusals.add(f"kind {number}", "text")
    told = refusals.due(0.0)
    assert len(told) == KINDS + 1
    assert (OTHER, "text", 50) in told


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.4)), max_size=60))
def test_all_are_told_and_no_kind_twice_in_a_second(steps: list[tuple[str, float]]) -> None:
    refusals = Refusals()
    now, told = 0.0, dict.fromkeys("abc", float("-inf"))
    count = dict.fromkeys("abc", 0)
    for kind, wait in steps:
        now += wait
        refusals.add(kind, "t")
        for name, _, times in refusals.due(now):
            assert now - told[name] >= EVERY_S
            told[name] = now
            count[name] += times
    for name, _, times in refusals.due(now + EVERY_S):
        count[name] += times
    assert count == {kind: sum(one == kind for one, _ in steps) for kind in "abc"}
