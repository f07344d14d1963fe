"""The bench's own client: how messages are written and read."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from bench.wire import Disconnected, Link, NoAnswer, message, read_text, text, words


def test_a_message_has_its_length_and_opcode_in_one_word() -> None:
    assert message(3, 2, words(7, -1)) == struct.pack("<IIIi", 3, 16 << 16 | 2, 7, -1)


@pytest.mark.parametrize("value", ["", "abc", "abcd", "zwlr_virtual_pointer_manager_v1"])
def test_text_is_padded_and_comes_back(value: str) -> None:
    data = text(value)
    assert len(data) % 4 == 0
    assert read_text(b"1234" + data, 4) == (value, 4 + len(data))


def connected(tmp_path: Path) -> tuple[Link, socket.socket]:
    path = tmp_path / "wayland-9"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        link = Link(path)
        return link, listening.accept()[0]


def test_events_arrive_however_they_are_cut(tmp_path: Path) -> None:
    link, server = connected(tmp_path)
    seen: list[tuple[int, bytes]] = []
    number = link.new_id(lambda opcode, body: seen.append((opcode, body)))
    data = message(number, 5, b"12345678") + message(999, 0) + message(number, 6)
    with link, server:
        for byte in data:
            server.send(bytes([byte]))
            link.read()
    assert seen == [(5, b"12345678"), (6, b"")]


def test_numbers_return_when_the_compositor_has_forgotten_them(tmp_path: Path) -> None:
    link, server = connected(tmp_path)
    with link, server:
        first = link.new_id()
        second = link.new_id()
        server.send(message(1, 1, words(first)))
        link.read()
        assert link.new_id() == first
        assert link.new_id() == second + 1


def test_what_ends_a_connection_is_told(tmp_path: Path) -> None:
    link, server = connected(tmp_path)
    with link, server:
        server.send(message(1, 0, words(4, 7) + text("bad thing")))
        with pytest.raises(Disconnected, match="object 4, error 7: bad thing"):
            link.read()
        server.recv(4096)
        server.close()
        with pytest.raises(Disconnected, match="closed"):
            link.read()


def test_waiting_ends(tmp_path: Path) -> None:
    link, server = connected(tmp_path)
    with link, server, pytest.raises(NoAnswer, match="in vain for a sign"):
        link.until(lambda: False, "a sign", 0.01)


def test_the_registry_keeps_the_first_of_several(tmp_path: Path) -> None:
    link, server = connected(tmp_path)
    with link, server:
        for name, version in ((1, 4), (2, 3)):
            body = words(name) + text("wl_output") + words(version)
            server.send(message(2, 0, body))
        link.read()
        assert link.globals == {"wl_output": (1, 4)}
        server.recv(4096)
        number = link.bind("wl_output", 2)
        assert server.recv(4096) == message(
            2, 0, words(1) + text("wl_output") + words(2, number)
        )
