"""Copied buffers: after each commit the copy is what the client drew, whatever little is copied."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.gate.shared_file import SharedFile

from .ends import Ends

WIDTH, HEIGHT = 4, 8
SIZE = WIDTH * HEIGHT * 4
BUFFERS = 6


class Copied(Ends):
    """A surface with buffers in a file that cannot be sealed."""

    def __init__(self) -> None:
        super().__init__()
        compositor = self.bind("wl_compositor")
        self.surfaces = [self.ask(compositor, "create_surface", ...) for _ in range(2)]
        self.file = os.memfd_create("test", os.MFD_CLOEXEC)
        os.ftruncate(self.file, SIZE * BUFFERS)
        pool = self.ask(
            self.bind("wl_shm"), "create_pool", ..., None, SIZE * BUFFERS, fds=[os.dup(self.file)]
        )
        (self.copy,) = self.gate.to_compositor.fds
        self.buffers = [
            self.ask(pool, "create_buffer", ..., number * SIZE, WIDTH, HEIGHT, WIDTH * 4, 0)
            for number in range(BUFFERS)
        ]
        self.screens = [bytes(SIZE), bytes(SIZE)]
        """What each surface shows."""

    def show(self, surface: int, buffer: int, row: int, rows: int, value: int) -> None:
        """Draw some rows over what the surface shows, in a buffer, and commit it."""
        screen = bytearray(self.screens[surface])
        line = WIDTH * 4
        screen[row * line : (row + rows) * line] = bytes([value]) * (rows * line)
        self.screens[surface] = bytes(screen)
        os.pwrite(self.file, screen, buffer * SIZE)
        number = self.surfaces[surface]
        self.ask(number, "attach", self.buffers[buffer], 0, 0)
        self.ask(number, "damage_buffer", 0, row, WIDTH, rows)
        self.ask(number, "commit")

    def shown(self, buffer: int) -> bytes:
        """What the compositor sees of a buffer."""
        return os.pread(self.copy, SIZE, buffer * SIZE)

    def close(self) -> None:
        self.gate.close()
        os.close(self.file)


draws = st.tuples(
    st.integers(0, 1),
    st.integers(0, BUFFERS // 2 - 1),
    st.integers(0, HEIGHT - 1),
    st.integers(1, HEIGHT),
    st.integers(1, 255),
)


@settings(max_examples=200)
@given(st.lists(draws, max_size=30))
def test_a_copy_is_what_was_drawn(history: list[tuple[int, int, int, int, int]]) -> None:
    ends = Copied()
    try:
        for surface, number, row, rows, value in history:
            # Each surface has buffers of its own, as clients have.
            buffer = surface * (BUFFERS // 2) + number
            ends.show(surface, buffer, row, min(rows, HEIGHT - row), value)
            assert ends.shown(buffer) == ends.screens[surface]
    finally:
        ends.close()


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes that are copied at each commit."""
    lengths: list[int] = []
    update = SharedFile.update

    def counted(self: SharedFile, offset: int, length: int) -> None:
        lengths.append(length)
        update(self, offset, length)

    monkeypatch.setattr(SharedFile, "update", counted)
    return lengths


def test_only_what_changed_is_copied(copied: list[int]) -> None:
    ends = Copied()
    line = WIDTH * 4
    for turn in range(4):
        ends.show(0, turn % 2, turn, 1, turn + 1)
    # Both once as a whole; then the row of this commit and that of the one before.
    assert copied == [SIZE, SIZE, 2 * line, 2 * line]
    ends.close()


def test_who_says_of_no_damage_has_it_copied_as_a_whole(copied: list[int]) -> None:
    ends = Copied()
    ends.show(0, 0, 0, 1, 1)
    ends.ask(ends.surfaces[0], "attach", ends.buffers[0], 0, 0)
    ends.ask(ends.surfaces[0], "commit")
    assert copied == [SIZE, SIZE]
    ends.close()


def test_damage_of_a_scaled_surface_is_all(copied: list[int]) -> None:
    ends = Copied()
    ends.show(0, 0, 0, 1, 1)
    ends.ask(ends.surfaces[0], "set_buffer_scale", 2)
    ends.ask(ends.surfaces[0], "attach", ends.buffers[0], 0, 0)
    ends.ask(ends.surfaces[0], "damage", 0, 3, 1, 1)
    ends.ask(ends.surfaces[0], "commit")
    assert copied == [SIZE, SIZE]
    ends.close()


def test_a_buffer_that_moves_to_another_surface(copied: list[int]) -> None:
    ends = Copied()
    ends.show(0, 0, 0, 1, 1)
    ends.show(1, 0, 2, 1, 2)
    assert copied == [SIZE, SIZE]
    assert ends.shown(0) == ends.screens[1]
    ends.show(0, 0, 4, 1, 3)
    assert ends.shown(0) == ends.screens[0]
    ends.close()
