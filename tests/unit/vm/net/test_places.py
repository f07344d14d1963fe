"""Who is at which place of a provider's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spectrum_session.vm import sandbox
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.net.address import PLACES
from spectrum_session.vm.net.places import Places


def test_each_has_one_of_its_own_and_finds_it_again(tmp_path: Path) -> None:
    places = Places(tmp_path / "links")
    first, second = places.take("netvm", "work"), places.take("netvm", "play")
    assert first != second
    places.leave("netvm", first)
    places.leave("netvm", second)
    # Also when they come in another order, and after another session.
    for again in (places, Places(tmp_path / "links")):
        assert again.take("netvm", "new") not in (first, second)
        assert again.take("netvm", "play") == second
        assert again.take("netvm", "work") == first


def test_providers_have_places_of_their_own(tmp_path: Path) -> None:
    places = Places(tmp_path)
    assert places.take("netvm", "work") == places.take("other", "play")


def test_when_none_is_left(tmp_path: Path) -> None:
    places = Places(tmp_path)
    taken = [places.take("netvm", f"vm{number}") for number in range(PLACES)]
    assert sorted(taken) == list(range(1, PLACES + 1))
    with pytest.raises(VMError, match=f"netvm gives {PLACES} machines a network"):
        places.take("netvm", "late")
    places.leave("netvm", 5)
    assert places.take("netvm", "late") == 5


def test_a_place_is_kept_for_who_had_it_while_there_are_others(tmp_path: Path) -> None:
    places = Places(tmp_path)
    place = places.take("netvm", "work")
    places.leave("netvm", place)
    for number in range(PLACES - 1):
        assert places.take("netvm", f"vm{number}") != place
    assert places.take("netvm", "last") == place


def test_their_directories_are_for_the_sandbox_alone(tmp_path: Path) -> None:
    tools = sandbox.find_tools()
    made = Places(tmp_path / "links").directories(tools, "netvm")
    assert sorted(made) == list(range(1, PLACES + 1))
    owner = sandbox.HOST_UID if os.getuid() == 0 else os.getuid()
    for directory in made.values():
        found = directory.stat()
        assert (found.st_mode & 0o777, found.st_uid) == (0o700, owner)
    assert Places(tmp_path / "links").directories(tools, "netvm") == made


def test_where_they_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "links").touch()
    places = Places(tmp_path / "links")
    with pytest.raises(VMError, match="links"):
        places.take("netvm", "work")
    with pytest.raises(VMError, match="links"):
        places.directories(sandbox.find_tools(), "netvm")
