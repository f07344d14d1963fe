"""Shared memory that is not there, that goes away, that nobody can draw."""

from __future__ import annotations

import fcntl
import os

from tests.wire import Object, Subsurface, Window

from . import errors
from .stage import Stage, memory, pool_of

ARGB, XRGB = 0, 1
RGB565 = 0x36314752
NV12 = 0x3231564E
ROWS = 200
SIZE = ROWS * ROWS * 4
F_SEAL_SHRINK = 2


def _show(window: Window, buffer: Object) -> None:
    window.surface("attach", buffer, 0, 0)
    window.surface("damage", 0, 0, ROWS, ROWS)
    window.ask_frame()
    window.commit()


def _shrink(fd: int, size: int = 0) -> bool:
    """Truncate; False when it may not (it was sealed)."""
    try:
        os.ftruncate(fd, size)
    except PermissionError:
        return False
    return True


def shrunk_after_create_pool(stage: Stage) -> None:
    """The file is truncated before anything is attached."""
    window = stage.window(size=(ROWS, ROWS))
    pool, fd = pool_of(window.client, SIZE)
    buffer = pool("create_buffer", 0, ROWS, ROWS, ROWS * 4, ARGB)
    window.client.roundtrip()
    _shrink(fd)
    _show(window, buffer)
    stage.harmless(window.client)
    stage.screen()
    os.close(fd)


def shrunk_between_attach_and_commit(stage: Stage) -> None:
    """The compositor has looked at the buffer already."""
    window = stage.window(size=(ROWS, ROWS))
    pool, fd = pool_of(window.client, SIZE)
    buffer = pool("create_buffer", 0, ROWS, ROWS, ROWS * 4, ARGB)
    window.surface("attach", buffer, 0, 0)
    window.surface("damage", 0, 0, ROWS, ROWS)
    window.client.roundtrip()
    _shrink(fd)
    window.commit()
    stage.harmless(window.client)
    stage.screen()
    os.close(fd)


def shrunk_while_shown(stage: Stage) -> None:
    """It is on the screen; every frame that the screen is drawn anew reads it."""
    window = stage.window(size=(ROWS, ROWS))
    window.draws = False
    pool, fd = pool_of(window.client, SIZE)
    buffer = pool("create_buffer", 0, ROWS, ROWS, ROWS * 4, ARGB)
    _show(window, buffer)
    window.client.wait_for(lambda: window.frames, "a frame")
    _shrink(fd)
    for number in range(5):
        window.surface("damage", 0, 0, ROWS - number, ROWS)
        window.commit()
        stage.mouse.move(100 + number, 100)
        stage.screen()
    stage.harmless(window.client)
    os.close(fd)


def shrunk_without_seals(stage: Stage) -> None:
    """A file that cannot be sealed: it can shrink at any time, and nobody minds."""
    window = stage.window(size=(ROWS, ROWS))
    path = stage.session.directory / "pool"
    with path.open("w+b") as file:
        file.truncate(SIZE)
        pool = window.client.the("wl_shm")("create_pool", file.fileno(), SIZE)
        buffer = pool("create_buffer", 0, ROWS, ROWS, ROWS * 4, ARGB)
        for size in (SIZE, SIZE // 2, 10, 0):
            file.truncate(size)
            _show(window, buffer)
            window.client.roundtrip()
            stage.screen()
    path.unlink()
    stage.harmless(window.client)


def a_pool_larger_than_its_file(stage: Stage) -> None:
    """Claimed at the start, and by a resize."""
    stride, fd_error = errors.Shm.INVALID_STRIDE, errors.Shm.INVALID_FD
    for claimed in (SIZE + 1, 2**31 - 1, -1, 0, -(2**31)):
        client = stage.client()
        _, fd = pool_of(client, SIZE, claimed)
        os.close(fd)
        stage.error(client, "wl_shm", fd_error if claimed > 0 else stride)
    for resized in (SIZE + 1, 2**31 - 1, -1, SIZE - 1):
        client = stage.client()
        pool, fd = pool_of(client, SIZE)
        pool("resize", resized)
        os.close(fd)
        stage.error(client, "wl_shm_pool", fd_error if resized > SIZE else stride)


def a_resize_and_a_shrink(stage: Stage) -> None:
    """Grow the file and the pool, then shrink the file to where it began."""
    window = stage.window(size=(ROWS, ROWS))
    pool, fd = pool_of(window.client, SIZE)
    os.ftruncate(fd, 2 * SIZE)
    pool("resize", 2 * SIZE)
    buffer = pool("create_buffer", SIZE, ROWS, ROWS, ROWS * 4, ARGB)
    window.client.roundtrip()
    assert not _shrink(fd, SIZE) or not stage.gated
    _show(window, buffer)
    stage.harmless(window.client)
    stage.screen()
    os.close(fd)


def the_file_is_sealed_against_seals(stage: Stage) -> None:
    """Nobody can seal it against shrinking any more, and it can shrink."""
    window = stage.window(size=(ROWS, ROWS))
    fd = memory(SIZE)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL)
    pool = window.client.the("wl_shm")("create_pool", fd, SIZE)
    buffer = pool("create_buffer", 0, ROWS, ROWS, ROWS * 4, ARGB)
    window.client.roundtrip()
    assert _shrink(fd)
    _show(window, buffer)
    stage.harmless(window.client)
    stage.screen()
    os.close(fd)


def buffers_outside_their_pool(stage: Stage) -> None:
    """Beyond the end, before the start, with sums that flow over."""
    for offset, width, height, stride in (
        (4, ROWS, ROWS, ROWS * 4),
        (-4, ROWS, ROWS, ROWS * 4),
        (0, ROWS, ROWS + 1, ROWS * 4),
        (0, ROWS, ROWS, ROWS * 4 - 4),
        (0, ROWS + 1, ROWS, ROWS * 4),
        (0, 0, ROWS, ROWS * 4),
        (0, ROWS, -1, ROWS * 4),
        (0, ROWS, ROWS, -ROWS * 4),
        (0, 1 << 30, 1, 4),
        (0, 1, 1 << 30, 1 << 30),
        (0, 1 << 16, 1 << 16, 1 << 18),
        (2**31 - 4, 1, 1, 4),
        (0, 1, 2, 2**31 - 1),
    ):
        client = stage.client()
        pool, fd = pool_of(client, SIZE)
        os.close(fd)
        pool("create_buffer", offset, width, height, stride, ARGB)
        stage.error(client, "wl_shm_pool", errors.Shm.INVALID_STRIDE)


def formats_that_are_none(stage: Stage) -> None:
    """A number that is no format, and one with several planes."""
    for number in (2, 0xFFFFFFFF, NV12):
        client = stage.client()
        pool, fd = pool_of(client, SIZE)
        os.close(fd)
        pool("create_buffer", 0, 10, 10, 40, number)
        stage.error(client, "wl_shm_pool", errors.Shm.INVALID_FORMAT)


def a_buffer_that_cannot_be_drawn(stage: Stage) -> None:
    """pixman takes no row whose length is no whole number of words; a viewport's source then lies
    outside what is shown."""
    for first in (False, True):
        window = stage.window(size=(300, 200))
        window.draws = False
        if not first:
            view = window.viewport()
            view("set_destination", 300, 200)
            window.draw(50, 50)
            stage.harmless(window.client)
            view("set_source", 100, 100, 100, 100)
        pool, fd = pool_of(window.client, 402 * 201)
        os.close(fd)
        buffer = pool("create_buffer", 0, 201, 201, 402, RGB565)
        _show(window, buffer)
        stage.error(window.client, "wl_shm_pool", errors.Shm.INVALID_FORMAT)
        stage.screen()


def the_pool_goes_first(stage: Stage) -> None:
    """Pool and buffer are destroyed while the buffer is attached, committed, shown."""
    for when in range(3):
        window = stage.window(size=(ROWS, ROWS))
        window.draws = False
        pool, fd = pool_of(window.client, SIZE)
        os.close(fd)
        buffer = pool("create_buffer", 0, ROWS, ROWS, ROWS * 4, XRGB)
        pool("destroy")
        window.surface("attach", buffer, 0, 0)
        if when == 0:
            buffer("destroy")
        window.commit()
        if when == 1:
            buffer("destroy")
        stage.harmless(window.client)
        if when == 2:
            buffer("destroy")
            window.commit()
            stage.harmless(window.client)
        stage.screen()
        window.client.close()


def one_buffer_everywhere(stage: Stage) -> None:
    """On a window and its children at once, destroyed while all of them show it."""
    window = stage.window(size=(ROWS, ROWS))
    window.draws = False
    children = [Subsurface(window) for _ in range(5)]
    pool, fd = pool_of(window.client, SIZE)
    buffer = pool("create_buffer", 0, ROWS, ROWS, ROWS * 4, ARGB)
    for surface in (*children, window):
        surface.surface("attach", buffer, 0, 0)
        surface.commit()
    window.client.roundtrip()
    buffer("destroy")
    _shrink(fd)
    os.close(fd)
    window.commit()
    stage.harmless(window.client)
    stage.screen()
