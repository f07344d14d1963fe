"""A connection as a whole: any bytes in any pieces, with any descriptors."""

from __future__ import annotations

import itertools
import os
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.gate.account import Account
from spectrum_session.gate.codec import encode
from spectrum_session.gate.connection import MAX_WAITING_FDS, Connection
from spectrum_session.gate.limits import Limits
from spectrum_session.gate.policy import Policy
from spectrum_session.gate.schema import MAX_MESSAGE, SCHEMA
from spectrum_session.gate.verdict import IMPLEMENTATION, INVALID_METHOD, INVALID_OBJECT

from .ends import Ends, Refusal, header
from .nonsense import run
from .seats import no_fd_left

GLOBALS = ("wl_compositor", "wl_shm", "wl_seat", "wl_data_device_manager")


def connection() -> Connection:
    """A fresh one whose client was told of some globals, as numbers from 1."""
    made = Connection(Account(Limits()), Policy())
    made.from_client(encode(SCHEMA["wl_display"].request("get_registry"), 1, (2,)))
    for number, name in enumerate(GLOBALS, 1):
        event = SCHEMA["wl_registry"].event("global")
        said = (number, name.encode(), SCHEMA[name].version)
        made.from_compositor(encode(event, 2, said))
    made.to_client.data.clear()
    made.to_compositor.data.clear()
    return made


def request(interface: str, name: str, number: int, *values: Any) -> bytes:
    return encode(SCHEMA[interface].request(name), number, values)


def honest() -> bytes:
    """Requests of a client that draws, types and copies; two of them need a descriptor."""
    data = bytearray()
    for number, name in enumerate(GLOBALS, 1):
        version = SCHEMA[name].version
        data += request("wl_registry", "bind", 2, number, name.encode(), version, 2 + number)
    data += request("wl_compositor", "create_surface", 3, 7)
    data += request("wl_shm", "create_pool", 4, 8, None, 4096)
    data += request("wl_shm_pool", "destroy", 8)
    data += request("wl_seat", "get_pointer", 5, 9)
    data += request("wl_surface", "frame", 7, 10)
    data += request("wl_surface", "damage_buffer", 7, 0, 0, 5, 5)
    data += request("wl_surface", "commit", 7)
    data += request("wl_data_device_manager", "create_data_source", 6, 11)
    data += request("wl_data_source", "offer", 11, b"text/plain;charset=utf-8")
    data += request("wl_shm", "create_pool", 4, 12, None, 8192)
    data += request("wl_display", "sync", 1, 13)
    return bytes(data)


HONEST = honest()


def files() -> list[int]:
    found = []
    for size in (4096, 8192):
        found.append(os.memfd_create("test", os.MFD_ALLOW_SEALING))
        os.ftruncate(found[-1], size)
    return found


def outcome(one: Connection) -> tuple[object, ...]:
    return (
        bytes(one.to_compositor.data),
        bytes(one.to_client.data),
        len(one.to_compositor.fds),
        one.ended,
        one.error,
        sorted((made.id, made.interface.name, made.alive) for made in one.objects),
        one.account.used,
    )


def test_what_goes_in_comes_out() -> None:
    with no_fd_left():
        gate = connection()
        assert gate.from_client(HONEST, files()) == 15
        assert gate.error is None
        assert bytes(gate.to_compositor.data) == HONEST
        assert len(gate.to_compositor.fds) == 2
        gate.close()
        assert set(gate.account.used.values()) == {0}


@given(
    st.lists(st.integers(0, len(HONEST)), max_size=12),
    st.integers(0, len(HONEST)),
    st.binary(max_size=12),
)
def test_pieces_make_no_difference(cuts: list[int], at: int, noise: bytes) -> None:
    """Of what is right and of what is not."""
    data = HONEST[:at] + noise + HONEST[at:]
    with no_fd_left():
        whole, pieces = connection(), connection()
        whole.from_client(data, files())
        borders = sorted({0, *(min(cut, len(data)) for cut in cuts), len(data)})
        given_fds = files()
        for begin, end in itertools.pairwise(borders):
            pieces.from_client(data[begin:end], given_fds)
            given_fds = []
        assert outcome(pieces) == outcome(whole)
        whole.close()
        pieces.close()
        assert set(whole.account.used.values()) == {0}


@given(st.lists(st.integers(1, 40), max_size=12))
def test_pieces_of_events_make_no_difference(sizes: list[int]) -> None:
    events = b"".join(
        (
            encode(SCHEMA["wl_seat"].event("capabilities"), 5, (3,)),
            encode(SCHEMA["wl_seat"].event("name"), 5, (b"seat0",)),
            encode(SCHEMA["wl_shm"].event("format"), 4, (0,)),
            encode(SCHEMA["wl_pointer"].event("enter"), 9, (1, 7, 0, 0)),
            encode(SCHEMA["wl_pointer"].event("motion"), 9, (1, 0, 0)),
            encode(SCHEMA["wl_callback"].event("done"), 13, (2,)),
            encode(SCHEMA["wl_display"].event("delete_id"), 1, (13,)),
        )
    )
    with no_fd_left():
        gate = connection()
        gate.from_client(HONEST, files())
        at = 0
        for size in (*sizes, len(events)):
            gate.from_compositor(events[at : at + size])
            at += size
        assert bytes(gate.to_client.data) == events
        assert not gate.broken
        gate.close()


@given(st.binary(max_size=200), st.integers(0, 3), st.booleans())
def test_no_bytes_do_worse_than_end_the_connection(
    noise: bytes, fds: int, from_compositor: bool
) -> None:
    with no_fd_left():
        gate = connection()
        gate.from_client(HONEST, files())
        held = [os.memfd_create("test") for _ in range(fds)]
        if from_compositor:
            gate.from_compositor(noise, held)
            assert gate.broken is (gate.error is not None and "cannot follow" in gate.error)
        else:
            gate.from_client(noise, held)
        # Whatever began before ends within this.
        gate.from_client(bytes(MAX_MESSAGE + 8), [os.memfd_create("test")])
        assert gate.ended and gate.error
        # What was refused is told, last of all.
        assert gate.error.encode()[:1000] in bytes(gate.to_client.data)
        gate.close()
        assert set(gate.account.used.values()) == {0}


@given(st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_nonsense_does_no_worse_than_end_the_connection(choose: random.Random) -> None:
    with no_fd_left():
        ends = run(choose, 80)
        ends.gate.describe()
        ends.gate.close()
        assert ends.gate.broken is False
        assert set(ends.account.used.values()) == {0}


# --- each thing that is wrong


def refused(data: bytes) -> Connection:
    gate = connection()
    gate.from_client(data)
    assert gate.ended and not gate.broken
    return gate


@pytest.mark.parametrize("size", [0, 4, 7, 9, 10, 4100, 65532])
def test_sizes_that_no_message_has(size: int) -> None:
    assert f"a message of {size} bytes" in str(refused(header(1, 0, size)).error)


def test_objects_requests_and_arguments_that_there_are_not() -> None:
    assert refused(header(77, 0, 8)).error == "there is no object 77"
    assert "has no request 2" in str(refused(header(1, 2, 8)).error)
    assert "of 8 bytes" in str(refused(header(1, 0, 8)).error)
    bind = request("wl_registry", "bind", 2, 1, b"wl_compositor", 6, 3)
    damage = header(4, 3, 12) + b"\0\0\0\0"
    assert "wl_surface.frame of" not in str(refused(bind + damage).error)
    assert refused(bind + header(3, 0, 8)).error == "wl_compositor.create_surface of 8 bytes"


def test_an_object_of_another_kind() -> None:
    ends = Ends()
    compositor = ends.bind("wl_compositor")
    seat = ends.bind("wl_seat")
    surface = ends.ask(compositor, "create_surface", ...)
    with pytest.raises(Refusal, match="not a wl_region") as refusal:
        ends.ask(surface, "set_input_region", seat)
    assert (refusal.value.object_id, refusal.value.code) == (surface, INVALID_OBJECT)


def test_an_object_that_must_be_there() -> None:
    ends = Ends()
    manager = ends.bind("wp_viewporter")
    with pytest.raises(Refusal, match="names no object"):
        ends.ask(manager, "get_viewport", ..., 0)


def test_a_request_of_a_later_version() -> None:
    ends = Ends()
    seat = ends.bind("wl_seat", 4)
    with pytest.raises(Refusal, match="has no request 3") as refusal:
        ends.ask(seat, "release")
    assert refusal.value.code == INVALID_METHOD


def test_a_descriptor_that_did_not_come() -> None:
    ends = Ends()
    shm = ends.bind("wl_shm")
    with pytest.raises(Refusal, match="without its descriptor"):
        ends.ask(shm, "create_pool", ..., None, 4096)


def test_descriptors_that_belong_to_nothing() -> None:
    with no_fd_left():
        gate = connection()
        gate.from_client(b"", [os.memfd_create("test") for _ in range(MAX_WAITING_FDS)])
        assert not gate.ended
        gate.from_client(b"", [os.memfd_create("test")])
        assert gate.ended and "belong to no message" in str(gate.error)
        gate.close()


def test_nothing_comes_through_after_the_end() -> None:
    gate = refused(header(77, 0, 8))
    assert gate.from_client(HONEST) == 0
    assert gate.from_compositor(HONEST) == 0
    assert not gate.to_compositor.data


def test_the_error_names_its_object() -> None:
    ends = Ends()
    compositor = ends.bind("wl_compositor")
    ends.tell(1, "delete_id", 12345)
    with pytest.raises(Refusal) as refusal:
        ends.gate.from_client(header(compositor, 9, 8))
        ends.ask(1, "sync", ...)
    assert (refusal.value.object_id, refusal.value.code) == (compositor, INVALID_METHOD)


def test_a_vm_that_has_too_much_is_told_which_limit() -> None:
    ends = Ends(limits=Limits(surfaces=2))
    compositor = ends.bind("wl_compositor")
    for _ in range(2):
        ends.ask(compositor, "create_surface", ...)
    with pytest.raises(Refusal, match="limit surfaces") as refusal:
        ends.ask(compositor, "create_surface", ...)
    assert refusal.value.code == IMPLEMENTATION
