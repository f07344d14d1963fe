"""Which releases of waypipe can talk to each other."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm.guest.waypipe_version import is_known, on_host, release, why_not

TALK = ("waypipe 0.7.0", "waypipe 0.8.4", "waypipe 0.9.2", "waypipe 0.10.5", "waypipe 0.11.2")


@pytest.mark.parametrize(("guest", "host"), list(itertools.product(TALK, TALK)))
def test_those_that_talk(guest: str, host: str) -> None:
    assert why_not(guest, host) == ""
    assert is_known(guest) and is_known(host)


def test_those_that_do_not() -> None:
    assert why_not("waypipe 0.6.1", "waypipe 0.9.2") == (
        "waypipe 0.6.1 in the guest and 0.9.2 here cannot talk: the guest's is older than 0.7.0"
    )
    assert "the host's is older" in why_not("waypipe 0.10.0", "waypipe 0.5.0")


def test_none_at_all() -> None:
    assert "its image has no waypipe" in why_not("", "waypipe 0.9.2")
    assert "apt-get install waypipe" in why_not("waypipe 0.9.2", "")


@pytest.mark.parametrize("said", ["waypipe 1.2.3", "waypipe 0.12", "another 0.9", "waypipe x"])
def test_what_is_not_known_is_tried(said: str) -> None:
    assert why_not(said, "waypipe 0.9.2") == "" == why_not("waypipe 0.9.2", said)
    assert not is_known(said)


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_a_guest_says(guest: str, host: str) -> None:
    assert isinstance(why_not(guest, host), str)


def test_the_one_that_is_here() -> None:
    assert release(asyncio.run(on_host())) is not None
