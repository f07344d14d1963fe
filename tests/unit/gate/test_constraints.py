"""Pointer constraints."""

from __future__ import annotations

import pytest

from spectrum_session.gate.rules.constraints import (
    ALREADY_CONSTRAINED,
    MAX_HINT,
    ONESHOT,
    PERSISTENT,
)
from spectrum_session.gate.verdict import IMPLEMENTATION

from .seats import Seats

KINDS = [("lock_pointer", "locked", "unlocked"), ("confine_pointer", "confined", "unconfined")]


class Constraining(Seats):
    """With the manager of constraints."""

    def __init__(self) -> None:
        super().__init__()
        self.manager = self.bind("zwp_pointer_constraints_v1")


@pytest.fixture
def ends() -> Constraining:
    return Constraining()


def constrain(ends: Constraining, request: str = "lock_pointer", lifetime: int = PERSISTENT) -> int:
    return ends.ask(ends.manager, request, ..., ends.surface, ends.pointer, 0, lifetime)


@pytest.mark.parametrize("second", [one[0] for one in KINDS])
def test_one_constraint_a_surface(ends: Constraining, second: str) -> None:
    constrain(ends)
    refusal = ends.refuses(
        ends.manager, second, ..., ends.surface, ends.pointer, 0, PERSISTENT
    )
    assert (refusal.object_id, refusal.code) == (ends.manager, ALREADY_CONSTRAINED)


def test_another_when_the_first_is_destroyed(ends: Constraining) -> None:
    ends.ask(constrain(ends), "destroy")
    constrain(ends)
    other = ends.new()
    ends.ask(ends.manager, "confine_pointer", ..., other, ends.pointer, 0, ONESHOT)
    assert ends.last()[0] == "zwp_pointer_constraints_v1.confine_pointer"


@pytest.mark.parametrize(("request_", "on", "off"), KINDS)
def test_one_for_one_time_is_over_when_it_ends(
    ends: Constraining, request_: str, on: str, off: str
) -> None:
    first = constrain(ends, request_, ONESHOT)
    ends.tell(first, on)
    assert ends.object(first).state.active
    ends.tell(first, off)
    second = constrain(ends, request_, ONESHOT)
    # The first one's end is not the second one's.
    ends.ask(first, "destroy")
    assert ends.object(ends.surface).state.extensions["constraint"].id == second


@pytest.mark.parametrize(("request_", "on", "off"), KINDS)
def test_a_lasting_one_is_not(ends: Constraining, request_: str, on: str, off: str) -> None:
    first = constrain(ends, request_)
    ends.tell(first, on)
    ends.tell(first, off)
    assert ends.object(ends.surface).state.extensions["constraint"].id == first


@pytest.mark.parametrize("lifetime", [0, 3, 2**32 - 1])
def test_lifetimes_that_there_are_not(ends: Constraining, lifetime: int) -> None:
    refusal = ends.refuses(
        ends.manager, "lock_pointer", ..., ends.surface, ends.pointer, 0, lifetime
    )
    assert refusal.code == IMPLEMENTATION


def test_the_hint_is_within_what_a_surface_can_be(ends: Constraining) -> None:
    constraint = constrain(ends)
    ends.passes(constraint, "set_cursor_position_hint", MAX_HINT, -256)
    assert ends.object(constraint).state.hint == (16384, -1)
    for far in (MAX_HINT + 1, -MAX_HINT - 1):
        for hint in ((far, 0), (0, far)):
            ends.drops(
                constraint, "set_cursor_position_hint", *hint, why="cursor-position-hint"
            )
