"""Who is at which slot of a provider's, and where its slots are."""

from __future__ import annotations

from pathlib import Path

import pytest

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.net.address import SLOTS
from spectrum_session.vm.net.slots import Slots


def test_each_has_one_of_its_own_and_has_it_again() -> None:
    slots = Slots()
    first, second = slots.take("netvm", "work"), slots.take("netvm", "play")
    assert first != second
    slots.leave("netvm", first)
    slots.leave("netvm", second)
    # Also when they come in another order.
    assert slots.take("netvm", "new") not in (first, second)
    assert slots.take("netvm", "play") == second
    assert slots.take("netvm", "work") == first


def test_a_machine_of_another_session_brings_its_own() -> None:
    slots = Slots()
    assert slots.take("netvm", "work", 7) == 7
    with pytest.raises(VMError, match="its slot 7 of netvm is taken by another machine"):
        slots.take("netvm", "play", 7)
    with pytest.raises(VMError, match="slot 99"):
        slots.take("netvm", "play", 99)
    slots.leave("netvm", 7)
    assert slots.take("netvm", "work") == 7


def test_providers_have_places_of_their_own() -> None:
    slots = Slots()
    assert slots.take("netvm", "work") == slots.take("other", "play")


def test_when_none_is_left() -> None:
    slots = Slots()
    taken = [slots.take("netvm", f"vm{number}") for number in range(SLOTS)]
    assert sorted(taken) == list(range(1, SLOTS + 1))
    with pytest.raises(VMError, match=f"netvm serves {SLOTS} machines already"):
        slots.take("netvm", "late")
    slots.leave("netvm", 5)
    assert slots.take("netvm", "late") == 5


def test_a_place_is_kept_for_who_had_it_while_there_are_others() -> None:
    slots = Slots()
    slot = slots.take("netvm", "work")
    slots.leave("netvm", slot)
    for number in range(SLOTS - 1):
        assert slots.take("netvm", f"vm{number}") != slot
    assert slots.take("netvm", "last") == slot


def test_who_watches_a_provider_is_told_where_its_places_are() -> None:
    slots, told = Slots(), list[object]()
    here, there = Path("/here"), Path("/there")
    slots.close("netvm")
    slots.watch("netvm", told.append)
    slots.open("netvm", here)
    slots.open("other", there)
    slots.close("netvm")
    slots.close("netvm")
    slots.open("netvm", there)
    assert told == [None, here, None, there]
    slots.watch("netvm", told.append)
    assert told[-1] == there
    slots.unwatch("netvm", told.append)
    slots.unwatch("netvm", told.append)
    slots.close("netvm")
    assert len(told) == 5
