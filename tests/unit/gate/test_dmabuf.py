"""Graphics memory. A memfd stands for it where the test says so: there is none without a GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from spectrum_session.gate import filesystem
from spectrum_session.gate.policy import DMABUF, Policy
from spectrum_session.gate.rules import dmabuf

from .ends import Ends, Refusal

XRGB8888 = 0x34325258
SIZE = 64 * 64 * 4


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends(Policy(frozenset({DMABUF})))
    yield ends
    ends.gate.close()


@pytest.fixture
def params(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(filesystem, "kind", lambda fd: filesystem.DMABUF)
    return ends.ask(ends.bind("zwp_linux_dmabuf_v1"), "create_params", ...)


def memory(size: int = SIZE) -> int:
    fd = os.memfd_create("test")
    os.ftruncate(fd, size)
    return fd


def add(ends: Ends, params: int, plane: int = 0, offset: int = 0, stride: int = 256) -> None:
    ends.ask(params, "add", None, plane, offset, stride, 0, 0, fds=[memory()])


def code(ends: Ends, params: int, request: str, *args: object) -> int:
    with pytest.raises(Refusal) as refusal:
        ends.ask(params, request, *args)
    assert refusal.value.object_id == params
    return refusal.value.code


def test_a_buffer(ends: Ends, params: int) -> None:
    add(ends, params)
    buffer = ends.ask(params, "create_immed", ..., 64, 64, XRGB8888, 0)
    state = ends.object(buffer).state
    assert (state.width, state.height, state.kind) == (64, 64, "dmabuf")
    assert len(ends.gate.to_compositor.fds) == 1


def test_a_buffer_that_comes_later(ends: Ends, params: int) -> None:
    add(ends, params)
    ends.ask(params, "create", 64, 64, XRGB8888, 0)
    buffer = ends.tell(params, "created", ...)
    assert (ends.object(buffer).state.width, ends.object(buffer).state.height) == (64, 64)


def test_only_graphics_memory(ends: Ends) -> None:
    params = ends.ask(ends.bind("zwp_linux_dmabuf_v1"), "create_params", ...)
    with pytest.raises(Refusal, match="not graphics memory"):
        add(ends, params)


def test_planes_have_a_place(ends: Ends, params: int) -> None:
    with pytest.raises(Refusal) as refusal:
        add(ends, params, plane=dmabuf.MAX_PLANES)
    assert refusal.value.code == dmabuf.PLANE_INDEX


def test_a_plane_is_set_once(ends: Ends, params: int) -> None:
    add(ends, params)
    with pytest.raises(Refusal) as refusal:
        add(ends, params)
    assert refusal.value.code == dmabuf.PLANE_SET


def test_a_plane_begins_in_its_memory(ends: Ends, params: int) -> None:
    with pytest.raises(Refusal) as refusal:
        add(ends, params, offset=SIZE + 1)
    assert refusal.value.code == dmabuf.OUT_OF_BOUNDS


def test_planes_are_used_once(ends: Ends, params: int) -> None:
    add(ends, params)
    ends.ask(params, "create", 64, 64, XRGB8888, 0)
    assert code(ends, params, "create", 64, 64, XRGB8888, 0) == dmabuf.ALREADY_USED


def test_nothing_is_added_to_a_buffer(ends: Ends, params: int) -> None:
    add(ends, params)
    ends.ask(params, "create", 64, 64, XRGB8888, 0)
    with pytest.raises(Refusal) as refusal:
        add(ends, params, plane=1)
    assert refusal.value.code == dmabuf.ALREADY_USED


@pytest.mark.parametrize("planes", [[], [1], [0, 2]])
def test_no_plane_is_missing(ends: Ends, params: int, planes: list[int]) -> None:
    for plane in planes:
        add(ends, params, plane)
    assert code(ends, params, "create", 64, 64, XRGB8888, 0) == dmabuf.INCOMPLETE


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (-1, 1), (1, -1), (16385, 1), (1, 16385)])
def test_absurd_sizes(ends: Ends, params: int, size: tuple[int, int]) -> None:
    add(ends, params, stride=0)
    assert code(ends, params, "create", *size, XRGB8888, 0) == dmabuf.INVALID_DIMENSIONS


def test_rows_lie_in_their_memory(ends: Ends, params: int) -> None:
    add(ends, params, offset=1)
    assert code(ends, params, "create", 64, 64, XRGB8888, 0) == dmabuf.OUT_OF_BOUNDS


def test_flags_are_known(ends: Ends, params: int) -> None:
    add(ends, params)
    assert "flags" in refusal_text(ends, params, 8)


def refusal_text(ends: Ends, params: int, flags: int) -> str:
    with pytest.raises(Refusal) as refusal:
        ends.ask(params, "create", 64, 64, XRGB8888, flags)
    return refusal.value.text
