"""What carries frames, and what of them may leave a machine for the host's network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm.net import frame_relay
from spectrum_session.vm.net.frame_relay import (
    LONGEST,
    TOLD,
    WAITING,
    Closed,
    Lane,
    NoFrame,
    refused,
)

HOST = socket.inet_aton("192.0.2.2")
WAIT_S = 20.0


def frame(to: str, kind: bytes = b"\x08\x00", protocol: int = 6, port: int = 80) -> bytes:
    packet = b"\x45" + bytes(8) + bytes([protocol]) + bytes(2) + bytes(4) + socket.inet_aton(to)
    return bytes(12) + kind + packet + bytes(2) + port.to_bytes(2, "big") + b"payload"


def behind_length(one: bytes) -> bytes:
    return len(one).to_bytes(4, "big") + one


PASS = [
    frame("192.0.2.1"),
    frame("8.8.8.8"),
    frame("169.254.0.53", protocol=17, port=53),
    frame("255.255.255.255", protocol=17, port=67),
    bytes(12) + b"\x08\x06" + bytes(28),
]
STAY = {
    "127.0.0.1": frame("127.0.0.1"),
    "127.255.3.4": frame("127.255.3.4", protocol=17),
    "0.0.0.0": frame("0.0.0.0"),
    "192.0.2.2": frame("192.0.2.2"),
    "224.0.0.251": frame("224.0.0.251", protocol=17, port=5353),
    "255.255.255.255": frame("255.255.255.255", protocol=17, port=80),
    "not IPv4": frame("8.8.8.8", kind=b"\x86\xdd"),
}
ODD = [
    frame("8.8.8.8", kind=b"\x81\x00"),
    frame("8.8.8.8")[:33],
    bytes(12) + b"\x08\x00" + b"\x65" + frame("8.8.8.8")[15:],
    # A long head that its port would lie behind.
    frame("255.255.255.255", protocol=17, port=67)[:14] + b"\x4f" + bytes(8) + b"\x11" + bytes(6)
    + b"\xff" * 4 + bytes(2) + b"\x00\x43",
]


@pytest.mark.parametrize("one", PASS)
def test_what_passes(one: bytes) -> None:
    assert refused(one, [HOST]) is None


@pytest.mark.parametrize("whom", STAY)
def test_what_stays(whom: str) -> None:
    assert refused(STAY[whom], [HOST]) == whom


@pytest.mark.parametrize("one", ODD)
def test_what_is_made_to_look_like_something_else(one: bytes) -> None:
    assert refused(one, [HOST]) is not None


@given(st.binary(min_size=14, max_size=120))
def test_of_anything_at_all_nothing_of_the_host_passes(one: bytes) -> None:
    if refused(one, [HOST]) is None and one[12:14] != b"\x08\x06":
        to = one[30:34]
        assert one[12:14] == b"\x08\x00" and to != HOST and to[0] not in (0, 127)
        assert to[0] < 224 or to == b"\xff" * 4


@given(st.lists(st.sampled_from([*PASS, *STAY.values()]), max_size=8), st.data())
def test_a_stream_may_be_cut_anywhere(frames: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(behind_length, frames))
    lane = Lane(lambda one: refused(one, [HOST]) is None)
    while stream:
        length = data.draw(st.integers(1, len(stream)))
        lane.take(stream[:length])
        stream = stream[length:]
    assert lane.waiting == b"".join(behind_length(one) for one in frames if one in PASS)


@given(st.lists(st.integers(14, LONGEST), min_size=1, max_size=40))
def test_who_takes_nothing_loses_whole_frames(lengths: list[int]) -> None:
    lane, room = Lane(), b""
    for length in lengths:
        one = behind_length(bytes(length))
        lane.take(one)
        if len(room) + len(one) <= WAITING:
            room += one
    assert lane.waiting == room


@pytest.mark.parametrize("length", [0, 13, LONGEST + 1, 0xFFFFFFFF])
def test_a_length_that_is_none(length: int) -> None:
    with pytest.raises(NoFrame, match=str(length)):
        Lane().take(length.to_bytes(4, "big"))


def test_each_whom_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "closed").write_text("192.0.2.2\n")
    closed = Closed(str(tmp_path / "closed"), told.append)
    for _ in range(2):
        assert not closed(STAY["127.0.0.1"]) and not closed(STAY["192.0.2.2"])
        assert closed(PASS[0])
    assert ["127.0.0.1" in text for text in told] == [True, False]
    for number in range(200):
        closed(frame(f"127.1.1.{number}"))
    assert len(told) == TOLD


class Joined:
    """The program, between two sockets of the test's."""

    def __init__(self, directory: Path, *, closed: bool = True) -> None:
        self.closed = directory / "closed"
        self.close("192.0.2.2")
        paths = [directory / "machine", directory / "network"]
        program = [sys.executable, "-I", "-S", frame_relay.__file__, *map(str, paths)]
        program += [str(self.closed)] * closed
        self.process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        self.ends = []
        for path in paths:
            # It waits for those who are not there yet.
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
                listener.listen()
                listener.settimeout(WAIT_S)
                end, _ = listener.accept()
                end.settimeout(WAIT_S)
                self.ends.append(end)
        self.machine, self.network = self.ends

    def close(self, *addresses: str) -> None:
        """The host has these now."""
        new = self.closed.with_name("new")
        new.write_text("\n".join(addresses))
        new.rename(self.closed)


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Joined]:
    made = Joined(tmp_path)
    yield made
    for end in made.ends:
        end.close()
    made.process.communicate(timeout=WAIT_S)


def test_the_program_passes_on_what_may_pass(joined: Joined) -> None:
    stays = b"".join(map(behind_length, STAY.values()))
    joined.machine.sendall(stays + behind_length(PASS[0]))
    assert joined.network.recv(4096) == behind_length(PASS[0])
    back = behind_length(os.urandom(300))
    joined.network.sendall(back)
    assert joined.machine.recv(4096) == back


def test_an_address_that_the_host_gets_is_closed_from_then_on(joined: Joined) -> None:
    late, always = behind_length(frame("192.0.2.77")), behind_length(PASS[0])
    joined.machine.sendall(late)
    assert joined.network.recv(4096) == late
    joined.close("192.0.2.2", "192.0.2.77")
    joined.machine.sendall(late + always)
    assert joined.network.recv(4096) == always


def test_without_the_hosts_addresses_nothing_passes(joined: Joined) -> None:
    joined.closed.unlink()
    joined.machine.sendall(behind_length(PASS[0]))
    assert joined.network.recv(4096) == b""


@pytest.mark.parametrize("end", [0, 1])
def test_when_one_end_goes_it_ends(joined: Joined, end: int) -> None:
    joined.ends[end].close()
    assert joined.ends[1 - end].recv(1) == b""
    assert joined.process.wait(WAIT_S) == 0


def test_what_is_no_stream_of_frames_ends_it(joined: Joined) -> None:
    joined.machine.sendall(b"\xff" * 64)
    assert joined.network.recv(1) == b""
    said, _ = joined.process.communicate(timeout=WAIT_S)
    assert "a frame of 4294967295 bytes" in said


def test_who_does_not_read_stops_nobody(tmp_path: Path) -> None:
    """A machine that lets its answers pile up: QEMU would wait for it with all of netvm."""
    made = Joined(tmp_path, closed=False)
    with made.machine as deaf, made.network as busy:
        data = behind_length(bytes(1500)) * 1000
        for _ in range(20):
            busy.sendall(data)
        deaf.sendall(behind_length(PASS[0]))
        assert busy.recv(4096) == behind_length(PASS[0])
        # And once it reads it has whole frames, and what comes from then on.
        busy.sendall(behind_length(PASS[1]))
        read = b""
        while not read.endswith(behind_length(PASS[1])):
            read += deaf.recv(1 << 16)
            busy.sendall(behind_length(PASS[1]))
        lane = Lane()
        for at in range(0, len(read), 1000):
            lane.take(read[at : at + 1000])
            lane.waiting.clear()
    made.process.communicate(timeout=WAIT_S)
