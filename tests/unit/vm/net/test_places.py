"""Who is at which place of a provider's, and where its places are."""

from __future__ import annotations

from pathlib import Path

import pytest

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.net.address import PLACES
from spectrum_session.vm.net.places import Places


def test_each_has_one_of_its_own_and_has_it_again() -> None:
    places = Places()
    first, second = places.take("netvm", "work"), places.take("netvm", "play")
    assert first != second
    places.leave("netvm", first)
    places.leave("netvm", second)
    # Also when they come in another order.
    assert places.take("netvm", "new") not in (first, second)
    assert places.take("netvm", "play") == second
    assert places.take("netvm", "work") == first


def test_a_machine_of_another_session_brings_its_own() -> None:
    places = Places()
    assert places.take("netvm", "work", 7) == 7
    with pytest.raises(VMError, match="another machine is at its place 7 of netvm"):
        places.take("netvm", "play", 7)
    with pytest.raises(VMError, match="place 99"):
        places.take("netvm", "play", 99)
    places.leave("netvm", 7)
    assert places.take("netvm", "work") == 7


def test_providers_have_places_of_their_own() -> None:
    places = Places()
    assert places.take("netvm", "work") == places.take("other", "play")


def test_when_none_is_left() -> None:
    places = Places()
    taken = [places.take("netvm", f"vm{number}") for number in range(PLACES)]
    assert sorted(taken) == list(range(1, PLACES + 1))
    with pytest.raises(VMError, match=f"netvm gives {PLACES} machines a network"):
        places.take("netvm", "late")
    places.leave("netvm", 5)
    assert places.take("netvm", "late") == 5


def test_a_place_is_kept_for_who_had_it_while_there_are_others() -> None:
    places = Places()
    place = places.take("netvm", "work")
    places.leave("netvm", place)
    for number in range(PLACES - 1):
        assert places.take("netvm", f"vm{number}") != place
    assert places.take("netvm", "last") == place


def test_who_watches_a_provider_is_told_where_its_places_are() -> None:
    places, told = Places(), list[object]()
    here, there = Path("/here"), Path("/there")
    places.close("netvm")
    places.watch("netvm", told.append)
    places.open("netvm", here)
    places.open("other", there)
    places.close("netvm")
    places.close("netvm")
    places.open("netvm", there)
    assert told == [None, here, None, there]
    places.watch("netvm", told.append)
    assert told[-1] == there
    places.unwatch("netvm", told.append)
    places.unwatch("netvm", told.append)
    places.close("netvm")
    assert len(told) == 5
