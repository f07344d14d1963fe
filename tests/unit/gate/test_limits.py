"""Counts and rates."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate.account import Account
from spectrum_session.gate.limits import Bucket, Limits
from spectrum_session.gate.objects import Object
from spectrum_session.gate.schema import SCHEMA
from spectrum_session.gate.verdict import IMPLEMENTATION, Refused

COUNTED = {"xdg_toplevel": "toplevels", "wl_surface": "surfaces", "wl_buffer": "buffers"}
FIXED = {"wl_keyboard": "keyboards"}


def test_what_is_taken_is_counted_and_the_most_of_it() -> None:
    account = Account(Limits(fds=10))
    account.take("fds", 7)
    account.give("fds", 5)
    account.take("fds")
    assert (account.used["fds"], account.most["fds"]) == (3, 7)


def test_the_limit_can_be_reached_and_not_passed() -> None:
    account = Account(Limits(shm_bytes=100))
    account.take("shm_bytes", 100)
    for _ in range(2):
        with pytest.raises(Refused, match=r"limit shm-bytes: .* have 100 at most") as refusal:
            account.take("shm_bytes", 1)
        assert refusal.value.code == IMPLEMENTATION
    assert account.used["shm_bytes"] == 100
    assert account.refused == {"shm_bytes": 2}


@pytest.mark.parametrize(("interface", "limit"), COUNTED.items())
def test_objects_that_have_a_limit_of_their_own(interface: str, limit: str) -> None:
    account = Account(Limits(**{limit: 1}))
    one = Object(2, SCHEMA[interface], 1)
    account.object_added(one)
    with pytest.raises(Refused, match=f"limit {limit}"):
        account.object_added(one)
    assert account.used["objects"] == account.used[limit] == 1
    account.object_gone(one)
    assert account.used["objects"] == account.used[limit] == 0


@pytest.mark.parametrize(("interface", "limit"), FIXED.items())
def test_limits_that_cannot_be_configured_are_counted_alike(interface: str, limit: str) -> None:
    account = Account(Limits())
    one = Object(2, SCHEMA[interface], 1)
    allowed = account.allowed(limit)
    for _ in range(allowed):
        account.object_added(one)
    with pytest.raises(Refused, match=f"limit {limit}: this VM may have {allowed} at most"):
        account.object_added(one)
    account.object_gone(one)
    account.object_added(one)
    assert account.used["objects"] == account.most[limit] == allowed
    assert account.refused == {limit: 1}


def test_a_new_limit_holds_at_once() -> None:
    account = Account(Limits(fds=10))
    account.take("fds", 5)
    account.limits = Limits(fds=3)
    with pytest.raises(Refused):
        account.take("fds")
    account.give("fds", 3)
    account.take("fds")


def test_a_vm_may_have_many_terminals() -> None:
    """foot maps 512 MiB for a window, and again while that is resized."""
    account = Account(Limits())
    for _ in range(2 * 50):
        account.take("shm_bytes", 512 << 20)


def test_all_limits_are_positive_and_counted() -> None:
    account = Account(Limits())
    for one in fields(Limits):
        assert account.allowed(one.name) > 0
        assert account.used[one.name] == 0


# --- rates


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate() -> None:
    bucket = Bucket(10, 20)
    assert bucket.spend(20, 100.0) == 0
    assert bucket.spend(5, 100.0) == pytest.approx(0.5)
    assert bucket.spend(0, 100.5) == pytest.approx(0)
    assert bucket.spend(10, 101.5) == pytest.approx(0)
    # It holds no more than the burst, however long nobody asks.
    assert bucket.spend(21, 1000.0) == pytest.approx(0.1)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.floats(0, 3, allow_nan=False)), max_size=40),
    st.integers(1, 20),
    st.integers(1, 40),
)
def test_who_waits_as_told_never_has_more_than_burst_and_rate(
    steps: list[tuple[int, float]], rate: int, burst: int
) -> None:
    bucket = Bucket(rate, burst)
    now = start = 1000.0
    spent = 0
    for amount, pause in steps:
        wait = bucket.spend(amount, now)
        spent += amount
        now += wait + pause
        assert wait >= 0
        assert spent <= burst + rate * (now - start) + 1e-6
