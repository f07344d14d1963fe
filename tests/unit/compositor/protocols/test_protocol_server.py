"""Objects of our own protocols, on a real libwayland with a client at the other end of a pipe."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from spectrum_session.compositor.protocols.protocol_server import MAX_TEXT, ProtocolServer, Resource
from spectrum_session.wlr import lib

INTERFACES: dict[str, Any] = {
    "thing": (
        3,
        (
            ("destroy", "", ()),
            ("make", "nsu?o", ("thing", None, None, "thing")),
            ("fail", "3i", (None,)),
        ),
        (("said", "us", (None, None)),),
    )
}


class Thing(Resource):
    """Keeps what it is asked."""

    interface = "thing"

    def __init__(self, protocol: ProtocolServer, client: Any, version: int, number: int) -> None:
        super().__init__(protocol, client, version, number)
        self.asked: list[tuple[Any, ...]] = []

    def do_make(self, number: int, text: str, count: int, other: Any) -> None:
        Thing(self.protocol, self.client, self.version, number)
        self.asked.append((text, count, other))

    def do_fail(self, count: int) -> None:
        self.asked.append((count,))
        raise ValueError("a fault of ours")


class World:
    """A display with one client; `wire` is the client's end."""

    def __init__(self) -> None:
        self.display = lib.display_create()
        self._loop = lib.wl_display_get_event_loop(self.display)
        self.protocol = ProtocolServer(self.display, INTERFACES)
        self.bound: list[Thing] = []
        self.protocol.advertise("thing", self._bind)
        ours, self.wire = socket.socketpair()
        self.wire.setblocking(False)
        self.client = lib.wl_client_create(self.display, ours.detach())
        registry, thing = struct.pack("=I", 2), b"thing\0\0\0"
        self.send(1, 1, registry)
        self.send(2, 0, struct.pack("=II", 1, 6) + thing + struct.pack("=II", 3, 3))
        self.run()
        self.read()

    def _bind(self, client: Any, version: int, number: int) -> None:
        self.bound.append(Thing(self.protocol, client, version, number))

    def send(self, target: int, opcode: int, payload: bytes = b"") -> None:
        """A request of the client's."""
        self.wire.send(struct.pack("=IHH", target, opcode, 8 + len(payload)) + payload)

    def run(self) -> None:
        """Let the server handle what came."""
        lib.wl_event_loop_dispatch(self._loop, 0)
        lib.wl_display_flush_clients(self.display)

    def read(self) -> list[tuple[int, int, bytes]]:
        """Object, opcode and payload of all events that came."""
        try:
            data = self.wire.recv(1 << 16)
        except BlockingIOError:
            data = b""
        events = []
        while data:
            number, opcode, size = struct.unpack_from("=IHH", data)
            events.append((number, opcode, data[8:size]))
            data = data[size:]
        return events

    def close(self) -> None:
        """End everything."""
        lib.wl_display_destroy_clients(self.display)
        lib.wl_display_destroy(self.display)
        self.wire.close()


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def text(value: bytes) -> bytes:
    return struct.pack("=I", len(value) + 1) + value + bytes(4 - len(value) % 4)


def test_a_global_is_bound_in_the_clients_version(world: World) -> None:
    (thing,) = world.bound
    assert thing.version == 3
    assert list(world.protocol.live.values()) == [thing]


def test_a_request_is_decoded(world: World) -> None:
    (thing,) = world.bound
    world.send(3, 1, struct.pack("=I", 4) + text("é".encode()) + struct.pack("=II", 1 << 31, 3))
    world.send(3, 1, struct.pack("=I", 5) + text(b"\xff") + struct.pack("=II", 0, 0))
    world.run()
    assert thing.asked[0] == ("é", 1 << 31, thing.pointer)
    assert thing.asked[1][:2] == ("\ufffd", 0)
    assert not thing.asked[1][2]
    assert len(world.protocol.live) == 3


def test_an_event_is_sent_and_long_text_cut(world: World) -> None:
    (thing,) = world.bound
    thing.send("said", 7, "x" + "é" * 5000)
    world.run()
    ((number, opcode, payload),) = world.read()
    assert (number, opcode) == (3, 0)
    count, size = struct.unpack_from("=II", payload)
    assert count == 7
    said = payload[8 : 8 + size - 1].decode()
    assert said == "x" + "é" * ((MAX_TEXT - 1) // 2)


def test_a_destroyed_object_is_forgotten(world: World) -> None:
    (thing,) = world.bound
    world.send(3, 0)
    world.send(1, 0, struct.pack("=I", 4))
    world.run()
    assert world.protocol.live == {}
    assert world.read()[0] == (1, 1, struct.pack("=I", 3)), "the id is free again"
    thing.send("said", 1, "nobody hears it")


def test_objects_go_with_their_client(world: World) -> None:
    (thing,) = world.bound
    for number in range(4, 40):
        world.send(3, 1, struct.pack("=I", number) + text(b"") + struct.pack("=II", 0, 0))
    world.run()
    assert len(world.protocol.live) == 37
    lib.wl_client_destroy(world.client)
    assert world.protocol.live == {}
    thing.send("said", 1, "nobody hears it")


def test_a_fault_of_ours_ends_the_client_and_nothing_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (thing,) = world.bound
    world.send(3, 2, struct.pack("=i", -5))
    world.run()
    assert thing.asked == [(-5,)]
    ((number, opcode, payload),) = world.read()
    assert (number, opcode) == (1, 0)
    assert struct.unpack_from("=II", payload) == (1, 3), "wl_display.error, implementation"
    assert "a fault of ours" in caplog.text
    assert world.protocol.live == {}, "its client is gone"
