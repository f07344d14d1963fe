"""Surfaces, regions, viewports and subsurfaces."""

from __future__ import annotations

import os

import pytest

from spectrum_session.gate.rules import region, subsurface, surface, viewport
from spectrum_session.gate.rules.bounds import INT_MAX, MAX_LENGTH

from .ends import Ends, Refusal


class Surfaces(Ends):
    """With what is needed to show something."""

    def __init__(self) -> None:
        super().__init__()
        self.compositor = self.bind("wl_compositor")
        self.shm = self.bind("wl_shm")
        self.tell(self.shm, "format", 0)
        self.surface = self.new()

    def new(self) -> int:
        return self.ask(self.compositor, "create_surface", ...)

    def buffer(self, width: int, height: int) -> int:
        fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
        os.ftruncate(fd, width * height * 4)
        pool = self.ask(self.shm, "create_pool", ..., None, width * height * 4, fds=[fd])
        return self.ask(pool, "create_buffer", ..., 0, width, height, width * 4, 0)

    def show(self, number: int, width: int, height: int) -> tuple[int, int]:
        """Attach a buffer and commit; the size that the surface then has."""
        self.ask(number, "attach", self.buffer(width, height), 0, 0)
        self.ask(number, "commit")
        size: tuple[int, int] = self.object(number).state.size
        return size


@pytest.fixture
def ends() -> Surfaces:
    return Surfaces()


def refused(ends: Ends, number: int, request: str, *args: object) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        ends.ask(number, request, *args)
    return refusal.value


# --- size


def test_size_scale_and_transform(ends: Surfaces) -> None:
    assert ends.show(ends.surface, 64, 32) == (64, 32)
    ends.ask(ends.surface, "set_buffer_scale", 2)
    assert ends.object(ends.surface).state.size == (64, 32)
    ends.ask(ends.surface, "set_buffer_transform", 3)
    ends.ask(ends.surface, "commit")
    assert ends.object(ends.surface).state.size == (16, 32)
    ends.ask(ends.surface, "attach", 0, 0, 0)
    ends.ask(ends.surface, "commit")
    assert ends.object(ends.surface).state.size == (0, 0)


@pytest.mark.parametrize("scale", [0, -1, 65, INT_MAX])
def test_absurd_scales(ends: Surfaces, scale: int) -> None:
    assert refused(ends, ends.surface, "set_buffer_scale", scale).code == surface.INVALID_SCALE


@pytest.mark.parametrize("transform", [-1, 8, INT_MAX])
def test_absurd_transforms(ends: Surfaces, transform: int) -> None:
    refusal = refused(ends, ends.surface, "set_buffer_transform", transform)
    assert refusal.code == surface.INVALID_TRANSFORM


def test_attach_does_not_move(ends: Surfaces) -> None:
    buffer = ends.buffer(4, 4)
    refusal = refused(ends, ends.surface, "attach", buffer, 1, 0)
    assert refusal.code == surface.INVALID_OFFSET


def test_an_older_attach_moves_within_bounds() -> None:
    ends = Ends()
    number = ends.ask(ends.bind("wl_compositor", 4), "create_surface", ...)
    ends.ask(number, "attach", 0, 5, -INT_MAX)
    assert ends.last() == ("wl_surface.attach", (0, 5, -MAX_LENGTH))


def test_offsets_stay_within_bounds(ends: Surfaces) -> None:
    ends.ask(ends.surface, "offset", INT_MAX, -3)
    assert ends.last() == ("wl_surface.offset", (MAX_LENGTH, -3))


# --- damage and regions


@pytest.mark.parametrize("request_", ["damage", "damage_buffer"])
def test_damage_stays_within_integers(ends: Surfaces, request_: str) -> None:
    for given, sent in (
        ((1, 2, 3, 4), (1, 2, 3, 4)),
        ((0, 0, INT_MAX, INT_MAX), (0, 0, INT_MAX, INT_MAX)),
        ((-5, -6, INT_MAX, INT_MAX), (-5, -6, INT_MAX, INT_MAX)),
        ((100, 200, INT_MAX, INT_MAX), (100, 200, INT_MAX - 100, INT_MAX - 200)),
    ):
        ends.ask(ends.surface, request_, *given)
        assert ends.last() == (f"wl_surface.{request_}", sent)
    before = len(ends.sent)
    for empty in ((0, 0, 0, 1), (0, 0, 1, -1), (-INT_MAX, 0, -INT_MAX, 5)):
        ends.ask(ends.surface, request_, *empty)
    assert len(ends.sent) == before


def test_much_damage_is_all(ends: Surfaces) -> None:
    for number in range(surface.MAX_DAMAGE):
        ends.ask(ends.surface, "damage_buffer", number, 0, 1, 1)
    assert ends.last()[1] == (surface.MAX_DAMAGE - 1, 0, 1, 1)
    ends.ask(ends.surface, "damage_buffer", 9999, 0, 1, 1)
    assert ends.last()[1] == (0, 0, INT_MAX, INT_MAX)
    ends.ask(ends.surface, "commit")
    ends.ask(ends.surface, "damage_buffer", 7, 0, 1, 1)
    assert ends.last()[1] == (7, 0, 1, 1)


@pytest.mark.parametrize("request_", ["add", "subtract"])
def test_regions_stay_within_integers(ends: Surfaces, request_: str) -> None:
    made = ends.ask(ends.compositor, "create_region", ...)
    ends.ask(made, request_, 10, 0, INT_MAX, 5)
    assert ends.last() == (f"wl_region.{request_}", (10, 0, INT_MAX - 10, 5))
    before = len(ends.sent)
    ends.ask(made, request_, 0, 0, -1, 5)
    assert len(ends.sent) == before


def test_there_is_an_end_to_rectangles(ends: Surfaces) -> None:
    made = ends.ask(ends.compositor, "create_region", ...)
    for number in range(region.MAX_RECTANGLES):
        ends.ask(made, "add", 2 * number, 0, 1, 1)
    assert "rectangles" in refused(ends, made, "subtract", 0, 0, 1, 1).text


# --- viewports


@pytest.fixture
def port(ends: Surfaces) -> int:
    return ends.ask(ends.bind("wp_viewporter"), "get_viewport", ..., ends.surface)


def test_viewports_make_sizes(ends: Surfaces, port: int) -> None:
    ends.ask(port, "set_destination", 300, 200)
    assert ends.show(ends.surface, 64, 32) == (300, 200)
    ends.ask(port, "set_source", 0, 0, 64 * 256, 32 * 256)
    ends.ask(port, "set_destination", -1, -1)
    ends.ask(ends.surface, "commit")
    assert ends.object(ends.surface).state.size == (64, 32)
    ends.ask(port, "set_source", 256, 0, 10 * 256, 20 * 256)
    ends.ask(ends.surface, "commit")
    assert ends.object(ends.surface).state.size == (10, 20)
    ends.ask(port, "set_source", -256, -256, -256, -256)
    ends.ask(ends.surface, "commit")
    assert ends.object(ends.surface).state.size == (64, 32)


@pytest.mark.parametrize(
    "source", [(1, 0, 64 * 256, 256), (0, 1, 256, 32 * 256), (0, 0, 64 * 256 + 1, 256)]
)
def test_a_source_lies_in_its_buffer(
    ends: Surfaces, port: int, source: tuple[int, int, int, int]
) -> None:
    ends.ask(port, "set_source", *source)
    ends.ask(port, "set_destination", 5, 5)
    with pytest.raises(Refusal) as refusal:
        ends.show(ends.surface, 64, 32)
    assert (refusal.value.object_id, refusal.value.code) == (port, viewport.OUT_OF_BUFFER)


def test_a_source_stays_in_a_smaller_buffer(ends: Surfaces, port: int) -> None:
    ends.ask(port, "set_source", 0, 0, 64 * 256, 32 * 256)
    assert ends.show(ends.surface, 64, 32) == (64, 32)
    with pytest.raises(Refusal, match="beyond"):
        ends.show(ends.surface, 63, 32)


def test_a_source_stays_in_a_scaled_buffer(ends: Surfaces, port: int) -> None:
    ends.ask(port, "set_source", 0, 0, 64 * 256, 32 * 256)
    assert ends.show(ends.surface, 64, 32) == (64, 32)
    ends.ask(ends.surface, "set_buffer_scale", 2)
    assert refused(ends, ends.surface, "commit").code == viewport.OUT_OF_BUFFER


def test_broken_pixels_need_a_destination(ends: Surfaces, port: int) -> None:
    ends.ask(port, "set_source", 0, 0, 300, 256)
    with pytest.raises(Refusal) as refusal:
        ends.show(ends.surface, 64, 32)
    assert refusal.value.code == viewport.BAD_SIZE


@pytest.mark.parametrize("source", [(-1, 0, 1, 1), (0, -1, 1, 1), (0, 0, 0, 1), (0, 0, 1, -1)])
def test_absurd_sources(ends: Surfaces, port: int, source: tuple[int, int, int, int]) -> None:
    assert refused(ends, port, "set_source", *source).code == viewport.BAD_VALUE


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (-1, 1), (1, -1), (MAX_LENGTH + 1, 1)])
def test_absurd_destinations(ends: Surfaces, port: int, size: tuple[int, int]) -> None:
    assert refused(ends, port, "set_destination", *size).code == viewport.BAD_VALUE


def test_one_viewport_at_a_time(ends: Surfaces, port: int) -> None:
    viewporter = ends.bind("wp_viewporter")
    ends.ask(port, "destroy")
    second = ends.ask(viewporter, "get_viewport", ..., ends.surface)
    refusal = refused(ends, viewporter, "get_viewport", ..., ends.surface)
    assert refusal.code == viewport.VIEWPORT_EXISTS
    assert ends.object(second).alive


def test_a_viewport_without_its_surface(ends: Surfaces, port: int) -> None:
    ends.ask(ends.surface, "destroy")
    assert refused(ends, port, "set_destination", 1, 1).code == viewport.NO_SURFACE


# --- subsurfaces


@pytest.fixture
def over(ends: Surfaces) -> int:
    return ends.bind("wl_subcompositor")


def put(ends: Surfaces, over: int, child: int, parent: int) -> int:
    return ends.ask(over, "get_subsurface", ..., child, parent)


def test_no_surface_is_on_itself(ends: Surfaces, over: int) -> None:
    refusal = refused(ends, over, "get_subsurface", ..., ends.surface, ends.surface)
    assert refusal.code == subsurface.BAD_PARENT


def test_no_ring_of_surfaces(ends: Surfaces, over: int) -> None:
    first, second = ends.new(), ends.new()
    put(ends, over, first, ends.surface)
    put(ends, over, second, first)
    refusal = refused(ends, over, "get_subsurface", ..., ends.surface, second)
    assert refusal.code == subsurface.BAD_PARENT


def test_a_surface_is_a_subsurface_once(ends: Surfaces, over: int) -> None:
    first = ends.new()
    role = put(ends, over, first, ends.surface)
    ends.ask(role, "destroy")
    put(ends, over, first, ends.surface)
    refusal = refused(ends, over, "get_subsurface", ..., first, ends.surface)
    assert refusal.code == subsurface.BAD_SURFACE


def test_there_is_an_end_to_depth(ends: Surfaces, over: int) -> None:
    parent = ends.surface
    for _ in range(subsurface.MAX_DEPTH - 1):
        child = ends.new()
        put(ends, over, child, parent)
        parent = child
    refusal = refused(ends, over, "get_subsurface", ..., ends.new(), parent)
    assert "over each other" in refusal.text


def test_there_is_an_end_to_depth_from_below(ends: Surfaces, over: int) -> None:
    """A tree that is put on another one: the depths add up."""
    child = ends.surface
    for _ in range(subsurface.MAX_DEPTH - 1):
        parent = ends.new()
        put(ends, over, child, parent)
        child = parent
    refusal = refused(ends, over, "get_subsurface", ..., child, ends.new())
    assert "over each other" in refusal.text


def test_there_is_an_end_to_breadth(ends: Surfaces, over: int) -> None:
    """Of a whole tree, however it is put together."""
    first, other = ends.new(), ends.new()
    put(ends, over, first, ends.surface)
    for number in range(subsurface.MAX_TREE - 2):
        put(ends, over, ends.new(), (first, other, ends.surface)[number % 3])
    put(ends, over, other, first)
    assert ends.object(ends.surface).state.below == subsurface.MAX_TREE
    assert "in a tree" in refused(ends, over, "get_subsurface", ..., ends.new(), other).text


def test_positions_stay_within_bounds(ends: Surfaces, over: int) -> None:
    role = put(ends, over, ends.new(), ends.surface)
    ends.ask(role, "set_position", -INT_MAX, 12)
    assert ends.last() == ("wl_subsurface.set_position", (-MAX_LENGTH, 12))


def test_order_is_among_siblings(ends: Surfaces, over: int) -> None:
    first, second, stranger = ends.new(), ends.new(), ends.new()
    role = put(ends, over, first, ends.surface)
    put(ends, over, second, ends.surface)
    ends.ask(role, "place_above", second)
    ends.ask(role, "place_below", ends.surface)
    assert refused(ends, role, "place_above", stranger).code == subsurface.BAD_SURFACE


def test_a_surface_is_not_above_itself(ends: Surfaces, over: int) -> None:
    first = ends.new()
    role = put(ends, over, first, ends.surface)
    assert refused(ends, role, "place_below", first).code == subsurface.BAD_SURFACE


def test_orphans_are_let_be(ends: Surfaces, over: int) -> None:
    first, second = ends.new(), ends.new()
    role = put(ends, over, first, second)
    ends.ask(second, "destroy")
    ends.ask(role, "place_above", ends.surface)
    ends.ask(role, "destroy")
    ends.ask(first, "destroy")
    put(ends, over, ends.new(), ends.surface)


def test_a_dead_child_is_forgotten(ends: Surfaces, over: int) -> None:
    child = ends.new()
    put(ends, over, child, ends.surface)
    ends.ask(child, "destroy")
    assert ends.object(ends.surface).state.children == []


def test_commits_do_not_wait_without_end(ends: Surfaces, over: int) -> None:
    child, grandchild = ends.new(), ends.new()
    put(ends, over, child, ends.surface)
    role = put(ends, over, grandchild, child)
    ends.ask(role, "set_desync")
    for _ in range(subsurface.MAX_WAITING):
        ends.ask(grandchild, "commit")
    assert ends.gate.holding.waiting == subsurface.MAX_WAITING
    # The child was not committed, so that nothing on it takes effect.
    ends.ask(ends.surface, "commit")
    assert ends.gate.holding.waiting == subsurface.MAX_WAITING
    assert "wait" in refused(ends, grandchild, "commit").text


def test_what_does_not_wait_is_not_counted(ends: Surfaces, over: int) -> None:
    child = ends.new()
    ends.ask(put(ends, over, child, ends.surface), "set_desync")
    for _ in range(2 * subsurface.MAX_WAITING):
        ends.ask(child, "commit")


def test_turned_buffers_are_not_scaled(ends: Surfaces, port: int) -> None:
    ends.ask(ends.surface, "set_buffer_transform", 2)
    assert ends.show(ends.surface, 4, 4) == (4, 4)
    ends.ask(port, "set_destination", 20, 20)
    assert refused(ends, ends.surface, "commit").code == surface.INVALID_TRANSFORM


def test_a_window_goes_before_its_surface(ends: Surfaces) -> None:
    shell = ends.bind("xdg_wm_base")
    window = ends.ask(shell, "get_xdg_surface", ..., ends.surface)
    assert refused(ends, ends.surface, "destroy").code == surface.DEFUNCT_ROLE_OBJECT
    assert ends.object(window).alive


def test_a_surface_goes_after_its_window(ends: Surfaces) -> None:
    window = ends.ask(ends.bind("xdg_wm_base"), "get_xdg_surface", ..., ends.surface)
    ends.ask(window, "destroy")
    ends.ask(ends.surface, "destroy")
