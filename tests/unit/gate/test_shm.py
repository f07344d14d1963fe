"""Pools and buffers: every byte that the compositor may read is there, and stays there."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator

import pytest

from spectrum_session.gate.limits import Limits
from spectrum_session.gate.rules import shm
from spectrum_session.gate.shared_file import F_ADD_SEALS, F_GET_SEALS, F_SEAL_SHRINK

from .ends import Ends, Refusal

F_SEAL_SEAL = 1


def open_fds() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/fd")}


@pytest.fixture
def ends() -> Iterator[Ends]:
    before = open_fds()
    ends = Ends(limits=Limits(shm_bytes=1 << 20, buffers=4, fds=3))
    yield ends
    ends.gate.close()
    assert open_fds() <= before, "descriptors are left"
    assert not any(ends.account.used.values()), ends.account.used


@pytest.fixture
def shared(ends: Ends) -> int:
    number = ends.bind("wl_shm")
    return number


def memfd(size: int, *, sealable: bool = True) -> int:
    fd = os.memfd_create("test", os.MFD_CLOEXEC | (os.MFD_ALLOW_SEALING if sealable else 0))
    os.ftruncate(fd, size)
    return fd


def pool(ends: Ends, shared: int, size: int, fd: int | None = None) -> int:
    return ends.ask(
        shared, "create_pool", ..., None, size, fds=[memfd(size) if fd is None else fd]
    )


def test_a_pool_cannot_shrink_under_the_compositor(ends: Ends, shared: int) -> None:
    fd = memfd(4096)
    kept = os.dup(fd)
    pool(ends, shared, 4096, fd)
    assert fcntl.fcntl(kept, F_GET_SEALS) & F_SEAL_SHRINK
    with pytest.raises(PermissionError):
        os.ftruncate(kept, 0)
    (sent,) = ends.gate.to_compositor.fds
    assert os.fstat(sent).st_ino == os.fstat(kept).st_ino
    os.close(kept)


def unsealable(kind: str) -> int:
    if kind == "no sealing":
        return memfd(4096, sealable=False)
    if kind == "sealed against seals":
        fd = memfd(4096)
        fcntl.fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL)
        return fd
    with tempfile.TemporaryFile() as file:
        file.truncate(4096)
        return os.dup(file.fileno())


@pytest.mark.parametrize("kind", ["no sealing", "sealed against seals", "a file"])
def test_what_cannot_be_sealed_is_copied(ends: Ends, shared: int, kind: str) -> None:
    fd = unsealable(kind)
    kept = os.dup(fd)
    made = pool(ends, shared, 4096, fd)
    (sent,) = ends.gate.to_compositor.fds
    assert os.fstat(sent).st_ino != os.fstat(kept).st_ino
    assert fcntl.fcntl(sent, F_GET_SEALS) & F_SEAL_SHRINK
    assert os.fstat(sent).st_size == 4096
    surface = ends.ask(ends.bind("wl_compositor"), "create_surface", ...)
    buffer = ends.ask(made, "create_buffer", ..., 64, 8, 4, 32, 0)
    os.pwrite(kept, b"\x7f" * 128, 64)
    ends.ask(surface, "attach", buffer, 0, 0)
    assert os.pread(sent, 128, 64) == bytes(128)
    ends.ask(surface, "commit")
    assert os.pread(sent, 256, 0) == bytes(64) + b"\x7f" * 128 + bytes(64)
    # The file goes: what was drawn stays, nobody faults.
    os.ftruncate(kept, 0)
    ends.ask(surface, "attach", buffer, 0, 0)
    ends.ask(surface, "commit")
    assert os.pread(sent, 128, 64) == b"\x7f" * 128
    os.ftruncate(kept, 8192)
    ends.ask(made, "resize", 8192)
    assert os.fstat(sent).st_size == 8192
    os.close(kept)


@pytest.mark.parametrize("size", [0, -1, 4097])
def test_a_pool_lies_within_its_file(ends: Ends, shared: int, size: int) -> None:
    with pytest.raises(Refusal) as refusal:
        pool(ends, shared, size, memfd(4096))
    assert refusal.value.object_id == shared
    assert refusal.value.code == (shm.INVALID_FD if size > 0 else shm.INVALID_STRIDE)


def test_a_pool_grows_only_within_its_file(ends: Ends, shared: int) -> None:
    fd = memfd(8192)
    made = pool(ends, shared, 4096, fd)
    ends.ask(made, "resize", 8192)
    assert ends.account.used["shm_bytes"] == 8192
    with pytest.raises(Refusal) as refusal:
        ends.ask(made, "resize", 8193)
    assert refusal.value.code == shm.INVALID_FD


def test_a_pool_does_not_shrink(ends: Ends, shared: int) -> None:
    made = pool(ends, shared, 4096)
    with pytest.raises(Refusal) as refusal:
        ends.ask(made, "resize", 4095)
    assert refusal.value.code == shm.INVALID_STRIDE


def descriptor(kind: str) -> int:
    if kind == "directory":
        return os.open("/", os.O_RDONLY)
    if kind == "device":
        return os.open("/dev/zero", os.O_RDWR)
    if kind == "event":
        return os.eventfd(0) if hasattr(os, "eventfd") else os.open("/dev/zero", os.O_RDWR)
    read, write = os.pipe()
    os.close(write)
    return read


@pytest.mark.parametrize("kind", ["pipe", "directory", "device", "event"])
def test_other_descriptors_are_no_pool(ends: Ends, shared: int, kind: str) -> None:
    with pytest.raises(Refusal) as refusal:
        pool(ends, shared, 4096, descriptor(kind))
    assert refusal.value.code == shm.INVALID_FD


def test_a_pool_without_its_descriptor(ends: Ends, shared: int) -> None:
    with pytest.raises(Refusal, match="descriptor"):
        ends.ask(shared, "create_pool", ..., None, 4096)


@pytest.mark.parametrize(
    ("offset", "width", "height", "stride"),
    [
        (-4, 8, 4, 32),
        (0, 0, 4, 32),
        (0, 8, 0, 32),
        (0, -8, 4, 32),
        (0, 8, -4, 32),
        (0, 8, 4, 31),
        (0, 8, 4, 8),
        (0, 8, 4, 33),
        (0, 8, 4, 34),
        (3969, 8, 4, 32),
        (0, 8, 129, 32),
        (0x7FFFFFFF, 8, 4, 32),
        (0, 8, 0x7FFFFFFF, 0x7FFFFFFF),
        (0, 0x7FFFFFFF, 1, 4096),
        (0, 16385, 1, 4096),
    ],
)
def test_a_buffer_lies_within_its_pool(
    ends: Ends, shared: int, offset: int, width: int, height: int, stride: int
) -> None:
    made = pool(ends, shared, 4096)
    with pytest.raises(Refusal) as refusal:
        ends.ask(made, "create_buffer", ..., offset, width, height, stride, 0)
    assert (refusal.value.object_id, refusal.value.code) == (made, shm.INVALID_STRIDE)


def test_a_buffer_may_fill_its_pool(ends: Ends, shared: int) -> None:
    made = pool(ends, shared, 4096)
    ends.ask(made, "create_buffer", ..., 0, 8, 128, 32, 0)
    buffer = ends.ask(made, "create_buffer", ..., 3968, 8, 4, 32, 1)
    assert ends.last() == ("wl_shm_pool.create_buffer", (buffer, 3968, 8, 4, 32, 1))


@pytest.mark.parametrize("number", [2, 0x34324241, 0x36314752])
def test_only_formats_that_were_offered(ends: Ends, shared: int, number: int) -> None:
    made = pool(ends, shared, 4096)
    with pytest.raises(Refusal) as refusal:
        ends.ask(made, "create_buffer", ..., 0, 8, 4, 32, number)
    assert refusal.value.code == shm.INVALID_FORMAT


def test_formats_that_were_offered(ends: Ends, shared: int) -> None:
    made = pool(ends, shared, 4096)
    ends.tell(shared, "format", 0x34324241)
    assert ends.received[-1] == ("wl_shm.format", (0x34324241,))
    ends.ask(made, "create_buffer", ..., 0, 8, 4, 32, 0x34324241)


def test_other_pixels_than_of_four_bytes_are_not_offered(ends: Ends, shared: int) -> None:
    made = pool(ends, shared, 4096)
    ends.tell(shared, "format", 0x36314752)
    assert ends.received[-1] != ("wl_shm.format", (0x36314752,))
    with pytest.raises(Refusal):
        ends.ask(made, "create_buffer", ..., 0, 8, 4, 32, 0x36314752)


def test_memory_counts_until_the_last_buffer_is_gone(ends: Ends, shared: int) -> None:
    made = pool(ends, shared, 4096)
    buffer = ends.ask(made, "create_buffer", ..., 0, 8, 4, 32, 0)
    ends.ask(made, "destroy")
    ends.delete(made)
    assert ends.account.used["shm_bytes"] == 4096
    ends.ask(buffer, "destroy")
    assert ends.account.used["shm_bytes"] == 0
    ends.delete(buffer)
    assert ends.account.used["buffers"] == 0


def test_there_is_an_end_to_memory(ends: Ends, shared: int) -> None:
    pool(ends, shared, 1 << 19)
    pool(ends, shared, 1 << 19)
    with pytest.raises(Refusal, match="limit shm-bytes"):
        pool(ends, shared, 1)


def test_there_is_an_end_to_growing(ends: Ends, shared: int) -> None:
    made = pool(ends, shared, 4096, memfd(2 << 20))
    with pytest.raises(Refusal, match="limit shm-bytes"):
        ends.ask(made, "resize", (1 << 20) + 1)


def test_there_is_an_end_to_descriptors(ends: Ends, shared: int) -> None:
    for _ in range(3):
        pool(ends, shared, 4096)
    with pytest.raises(Refusal, match="limit fds"):
        pool(ends, shared, 4096)


def test_there_is_an_end_to_buffers(ends: Ends, shared: int) -> None:
    made = pool(ends, shared, 4096)
    for _ in range(4):
        ends.ask(made, "create_buffer", ..., 0, 8, 4, 32, 0)
    with pytest.raises(Refusal, match="limit buffers"):
        ends.ask(made, "create_buffer", ..., 0, 8, 4, 32, 0)
