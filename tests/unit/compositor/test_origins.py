"""Connections that the session makes for gates, on a real libwayland."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from spectrum_session.compositor.clients.origins import Origins
from spectrum_session.logs.line import vm_of
from spectrum_session.wlr import address, ffi, lib

SYNC = struct.pack("=IHHI", 1, 0, 12, 2)


class World:
    """A display and its origins."""

    def __init__(self) -> None:
        self.display = lib.wl_display_create()
        self._loop = lib.wl_display_get_event_loop(self.display)
        self.asked: list[str | None] = []
        self.origins = Origins(self.display, self._permissions)

    def _permissions(self, vm: str | None) -> frozenset[str]:
        self.asked.append(vm)
        return frozenset({f"of {vm}"})

    def dispatch(self) -> None:
        lib.wl_event_loop_dispatch(self._loop, 0)
        lib.wl_display_flush_clients(self.display)

    def connect(self, vm: str, most: int = 10) -> socket.socket:
        end = self.origins.connect(vm, 4242, 77, most)
        assert end is not None
        end.setblocking(False)
        return end

    def close(self) -> None:
        lib.wl_display_destroy_clients(self.display)
        self.origins.close()
        lib.wl_display_destroy(self.display)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def test_a_connection_is_of_the_vm_that_it_was_made_for(world: World) -> None:
    with world.connect("work") as end, world.connect("other"):
        end.send(SYNC)
        world.dispatch()
        assert end.recv(100), "it is a Wayland client"
        first, second = world.origins
        assert (first.origin.vm, second.origin.vm) == ("work", "other")
        assert not first.origin.trusted
        assert first.permissions == {"of work"} and second.permissions == {"of other"}
        assert world.origins.of(first.pointer) == first.origin


def test_pid_and_uid_are_those_that_were_told_and_not_the_sessions(world: World) -> None:
    with world.connect("work"):
        (record,) = world.origins
        assert (record.pid, record.uid) == (4242, 77)
    ours, theirs = socket.socketpair()
    with theirs:
        # A client of the host has the socket's own, also right after another's were told.
        assert world.origins.accept(ours, record.origin)
        plain = list(world.origins)[-1]
        assert (plain.pid, plain.uid) == (os.getpid(), os.getuid())


def test_no_vm_has_more_than_it_may(world: World, caplog: pytest.LogCaptureFixture) -> None:
    held = [world.connect("work", 3) for _ in range(3)]
    assert world.origins.connect("work", 1, 1, 3) is None
    (record,) = caplog.records
    assert vm_of(record) == "work"
    assert record.getMessage() == "refused a connection: limit of 3 connections reached"
    with world.connect("other", 3):
        assert (world.origins.count("work"), world.origins.count("other")) == (3, 1)
    held.pop().close()
    world.dispatch()
    assert (world.origins.count("work"), world.origins.count("other")) == (2, 0)
    held.append(world.connect("work", 3))
    world.origins.disconnect("work")
    assert world.origins.count("work") == 0 and len(world.origins) == 0
    for end in held:
        assert end.recv(1) == b""
        end.close()


def test_without_a_descriptor_there_is_none(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def exhausted() -> tuple[socket.socket, socket.socket]:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socketpair", exhausted)
    assert world.origins.connect("work", 1, 1, 3) is None
    assert "Too many open files" in caplog.text
    assert world.origins.count("work") == 0


def test_a_client_that_nobody_accounts_for_has_no_origin(world: World) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        client = lib.wl_client_create(world.display, ours.detach())
        assert client != ffi.NULL
        assert world.origins.of(client) is None and world.origins.record(client) is None
        assert address(client) and world.asked == []
