"""The table of a connection's objects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.gate.account import Account
from spectrum_session.gate.limits import Limits
from spectrum_session.gate.object_table import Objects
from spectrum_session.gate.objects import FIRST_SERVER_ID, Object
from spectrum_session.gate.schema import SCHEMA
from spectrum_session.gate.verdict import INVALID_OBJECT, Broken, Refused


@pytest.fixture
def account() -> Account:
    return Account(Limits(objects=10))


@pytest.fixture
def objects(account: Account) -> Objects:
    return Objects(account)


def surface(number: int) -> Object:
    return Object(number, SCHEMA["wl_surface"], 6)


def client_makes(objects: Objects, number: int) -> Object:
    objects.check_client_id(number)
    return objects.add(surface(number))


@pytest.mark.parametrize("number", [0, 1, 2, 4, 5, FIRST_SERVER_ID, 2**32 - 1])
def test_ids_that_a_client_may_not_give(objects: Objects, number: int) -> None:
    client_makes(objects, 2)
    with pytest.raises(Refused) as refusal:
        objects.check_client_id(number)
    assert refusal.value.code == INVALID_OBJECT
    client_makes(objects, 3)


def test_an_id_is_free_when_the_compositor_says_so(objects: Objects) -> None:
    made = client_makes(objects, 2)
    objects.died(made)
    with pytest.raises(Refused, match="in use"):
        objects.check_client_id(2)
    assert objects.forget(2) is made
    client_makes(objects, 2)


def test_ids_of_the_compositor_are_used_anew_without_a_word(
    objects: Objects, account: Account
) -> None:
    made = objects.add_from_server(surface(FIRST_SERVER_ID))
    used = account.used["objects"]
    objects.died(made)
    assert account.used["objects"] == used - 1
    again = objects.add_from_server(surface(FIRST_SERVER_ID))
    assert account.used["objects"] == used
    assert objects.by_id[FIRST_SERVER_ID] is again


@pytest.mark.parametrize("number", [1, 2, FIRST_SERVER_ID - 1])
def test_the_compositor_makes_objects_with_ids_of_its_own(objects: Objects, number: int) -> None:
    with pytest.raises(Broken):
        objects.add_from_server(surface(number))


def test_an_object_too_many_is_not_in_the_table(objects: Objects, account: Account) -> None:
    for number in range(2, 11):
        client_makes(objects, number)
    with pytest.raises(Refused, match="limit objects"):
        client_makes(objects, 11)
    assert len(objects) == account.used["objects"] == 10
    assert account.used["surfaces"] == 9


def test_the_version_says_which_requests_there_are() -> None:
    assert [one.name for one in Object(2, SCHEMA["wl_seat"], 4).requests] == [
        "get_pointer",
        "get_keyboard",
        "get_touch",
    ]
    assert Object(2, SCHEMA["wl_seat"], 5).requests[-1].name == "release"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=60))
def test_what_is_counted_is_what_is_there(steps: list[tuple[int, int]]) -> None:
    account = Account(Limits(objects=6, surfaces=3))
    objects = Objects(account)
    for step, number in steps:
        target = objects.by_id.get(2 + number), objects.by_id.get(FIRST_SERVER_ID + number)
        try:
            if step == 0:
                client_makes(objects, 2 + number)
            elif step == 1:
                objects.add_from_server(surface(FIRST_SERVER_ID + number))
            for one in target:
                if step == 2 and one is not None and one.alive:
                    objects.died(one)
            if step == 3 and target[0] is not None and not target[0].alive:
                objects.forget(target[0].id)
        except Refused:
            pass
        # The client's stay until their id is free, the compositor's until they are destroyed.
        there = [one for one in objects if one.alive or one.id < FIRST_SERVER_ID]
        assert account.used["objects"] == len(there)
        assert account.used["surfaces"] == len(there) - 1
    objects.clear()
    assert account.used["objects"] == account.used["surfaces"] == 0
