"""What a VM makes the compositor hold: never counted below what wlroots keeps, and given back."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.gate import buffer_memory, weights
from spectrum_session.gate.account import Account
from spectrum_session.gate.bands import Bands
from spectrum_session.gate.limits import Limits
from spectrum_session.gate.rules import region, surface

from .ends import Ends, Refusal

PAGE = buffer_memory.PAGE
HELD, BUFFERS = "compositor_bytes", "buffer_bytes"


# --- regions

Rectangle = tuple[bool, int, int, int, int]


def boxes_of(rectangles: list[Rectangle]) -> int:
    """How many boxes pixman needs at least for what is added (True) and taken away, in bands that
    are not joined."""
    points: set[tuple[int, int]] = set()
    for add, x, y, width, height in rectangles:
        new = {(at, row) for at in range(x, x + width) for row in range(y, y + height)}
        points = points | new if add else points - new
    found = 0
    before: list[int] = []
    for row in range(40):
        now = sorted(at for at, other in points if other == row)
        if now != before:
            found += sum(1 for at in now if at - 1 not in now)
        before = now
    return found


@given(
    st.lists(
        st.tuples(
            st.sampled_from((True, True, True, False)),
            st.integers(0, 100),
            st.integers(0, 20),
            st.integers(1, 6),
            st.integers(1, 20),
        ),
        max_size=14,
    )
)
def test_a_region_has_no_more_boxes_than_its_bound(rectangles: list[Rectangle]) -> None:
    bands = Bands()
    for _, _, y, _, height in rectangles:
        bands.change(y, height)
    assert boxes_of(rectangles) <= bands.boxes


def test_rectangles_that_do_not_cross_are_a_box_each() -> None:
    bands = Bands()
    for number in range(300):
        bands.change(number * 2, 2)
    assert bands.boxes == 300


# --- ends with surfaces


class World(Ends):
    """Surfaces, subsurfaces, regions and buffers."""

    def __init__(self, limits: Limits | None = None, account: Account | None = None) -> None:
        super().__init__(limits=limits, account=account)
        self.compositor = self.bind("wl_compositor")
        self.subcompositor = self.bind("wl_subcompositor")
        self.shm = self.bind("wl_shm")
        self.data = self.bind("wl_data_device_manager")
        self.tell(self.shm, "format", 0)
        self.base = self.used

    @property
    def used(self) -> int:
        return self.account.used[HELD]

    @property
    def shown(self) -> int:
        return self.account.used[BUFFERS]

    def surface(self) -> int:
        return self.ask(self.compositor, "create_surface", ...)

    def put(self, child: int, parent: int) -> int:
        return self.ask(self.subcompositor, "get_subsurface", ..., child, parent)

    def region(self, boxes: int) -> int:
        made = self.ask(self.compositor, "create_region", ...)
        for number in range(boxes):
            self.ask(made, "add", 2 * number, 2 * number, 1, 1)
        return made

    def destroy(self, number: int) -> None:
        """By the client, and the compositor frees the id."""
        self.ask(number, "destroy")
        self.delete(number)

    def pool(self, size: int, fd: int | None = None) -> tuple[int, int]:
        """A pool in a file, by default a new sparse one, and the descriptor of that, to close."""
        if fd is None:
            fd = os.memfd_create("test", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
            os.ftruncate(fd, size)
        return self.ask(self.shm, "create_pool", ..., None, size, fds=[os.dup(fd)]), fd

    def buffer(self, pool: int, number: int, pages: int = 1) -> int:
        """Of 32×32 pixels for each page, page `number` of the pool the first."""
        return self.ask(pool, "create_buffer", ..., number * PAGE, 32, 32 * pages, 128, 0)

    def show(self, number: int, buffer: int) -> None:
        self.ask(number, "attach", buffer, 0, 0)
        self.ask(number, "commit")

    def close(self) -> None:
        self.gate.close()
        assert {name: count for name, count in self.account.used.items() if count} == {}


@pytest.fixture
def world() -> Any:
    made = World()
    yield made
    made.close()


def test_a_region_is_counted_until_it_is_gone(world: World) -> None:
    made = world.region(1000)
    assert world.used - world.base >= 900 * weights.BOX * weights.SLACK
    world.destroy(made)
    assert world.used == world.base


def test_a_region_that_falls_apart_is_refused(world: World) -> None:
    made = world.region(0)
    with pytest.raises(Refusal, match="boxes"):
        for number in range(500):
            world.ask(made, "add", 0, 4 * number, 4000, 2)
            world.ask(made, "add", 4 * number, 0, 2, 4000)
    assert world.object(made).state.rectangles < 200


def test_a_complex_opaque_region_is_not_passed_on(world: World) -> None:
    shown = world.surface()
    simple = world.region(region.MAX_OPAQUE)
    world.ask(shown, "set_opaque_region", simple)
    assert world.last() == ("wl_surface.set_opaque_region", (simple,))
    world.ask(simple, "add", 9000, 9000, 1, 1)
    world.ask(shown, "set_opaque_region", simple)
    assert world.last() == ("wl_surface.set_opaque_region", (0,))
    world.ask(shown, "set_input_region", simple)
    assert world.last() == ("wl_surface.set_input_region", (simple,))


def test_a_surfaces_regions_are_counted_until_they_are_others(world: World) -> None:
    shown, complex_, simple = world.surface(), world.region(1000), world.region(1)
    before = world.used
    world.ask(shown, "set_input_region", complex_)
    assert world.used - before >= 990 * weights.BOX * weights.REGION_COPIES
    world.ask(shown, "commit")
    world.ask(shown, "set_input_region", simple)
    assert world.used > before, "the current one is still there"
    world.ask(shown, "commit")
    assert world.used == before
    world.ask(shown, "set_input_region", complex_)
    world.destroy(shown)
    assert world.used == before - weights.of_object("wl_surface")


def test_names_of_formats_are_counted(world: World) -> None:
    source = world.ask(world.data, "create_data_source", ...)
    before = world.used
    world.ask(source, "offer", b"text/" + b"x" * 200)
    world.ask(source, "offer", b"text/" + b"x" * 200)
    assert world.used - before == 205 + weights.STRING
    world.destroy(source)
    assert world.used == world.base


def test_much_damage_that_crosses_is_all(world: World) -> None:
    shown = world.surface()
    for number in range(surface.MAX_DAMAGE // 2):
        world.ask(shown, "damage_buffer", 0, 4 * number, 400, 2)
        world.ask(shown, "damage_buffer", 4 * number, 0, 2, 400)
    assert world.last()[1][2:] == (0x7FFFFFFF, 0x7FFFFFFF)
    paid = world.object(shown).state.contents.damage.paid
    assert paid <= 2 * surface.MAX_DAMAGE_BOXES * weights.BOX * weights.DAMAGE_COPIES


def test_a_vm_ends_at_its_limit_and_not_below() -> None:
    world = World(Limits(compositor_bytes=1 << 20))
    made = world.region(1000)
    with pytest.raises(Refusal, match="limit compositor-bytes: this VM may have 1048576 at most"):
        for _ in range(100):
            world.ask(world.surface(), "set_input_region", made)
    assert world.used <= 1 << 20
    assert world.used > (1 << 20) - 200_000
    world.close()


# --- commits that wait, by a model of wlroots


class Kept:
    """A surface as wlroots 0.17 to 0.20 has it, with the fewest states that any of them frees."""

    def __init__(self) -> None:
        self.parent: Kept | None = None
        self.children: list[Kept] = []
        self.synchronised = True
        self.locked = False
        self.states = 0
        self.commits = 0
        self.since = 0

    def on(self, other: Kept) -> bool:
        """Is it the other, or somewhere on it?"""
        at: Kept | None = self
        while at is not None and at is not other:
            at = at.parent
        return at is other

    def below(self) -> int:
        return sum(1 + child.below() for child in self.children)

    def waits(self) -> bool:
        at: Kept | None = self
        while at is not None and at.parent is not None:
            if at.synchronised:
                return True
            at = at.parent
        return False

    def commit(self) -> None:
        self.commits += 1
        if self.parent is not None and self.waits():
            self.locked = True
        elif self.locked:
            self.unlock()
        if self.locked:
            self.states += 1
        else:
            self.applied()

    def unlock(self) -> None:
        self.locked = False
        if self.states:
            self.states = 0
            self.applied()

    def applied(self) -> None:
        for child in self.children:
            if child.synchronised and child.locked and child.since < self.commits:
                child.unlock()

    def leave(self) -> None:
        if self.locked:
            self.unlock()
        if self.parent is not None:
            self.parent.children.remove(self)
            self.parent = None


def waiting(world: World) -> int:
    return world.gate.holding.waiting


def test_what_does_not_wait_by_itself_waits_for_ever_below_what_waits(world: World) -> None:
    """wlroots lets go of it neither with the window's commit nor with that of what it is on."""
    top, middle, child = world.surface(), world.surface(), world.surface()
    world.put(middle, top)
    role = world.put(child, middle)
    world.ask(role, "set_desync")
    world.ask(child, "commit")
    world.ask(middle, "commit")
    assert waiting(world) == 2
    world.ask(top, "commit")
    assert waiting(world) == 1
    world.ask(role, "set_sync")
    world.ask(middle, "commit")
    world.ask(top, "commit")
    assert waiting(world) == 0


def test_a_commit_that_waits_says_nothing_of_what_was_put_there_later(world: World) -> None:
    """From wlroots 0.18 on it has the subsurfaces that there were."""
    top, middle, child = world.surface(), world.surface(), world.surface()
    world.put(middle, top)
    world.ask(middle, "commit")
    world.put(child, middle)
    world.ask(child, "commit")
    world.ask(top, "commit")
    assert waiting(world) == 1
    world.ask(middle, "commit")
    world.ask(top, "commit")
    assert waiting(world) == 0


def test_a_region_that_waits_is_counted_as_the_current_one_as_well(world: World) -> None:
    top, child = world.surface(), world.surface()
    complex_, simple = world.region(1000), world.region(1)
    world.put(child, top)
    before = world.used
    world.ask(child, "set_input_region", complex_)
    world.ask(child, "commit")
    waits = 1000 * weights.BOX + weights.WAITING_COMMIT
    shown = 996 * weights.BOX * weights.REGION_COPIES
    assert world.used == before + waits + shown
    world.ask(child, "set_input_region", simple)
    assert world.used == before + waits + shown
    world.ask(top, "commit")
    assert world.used == before + shown
    world.ask(child, "commit")
    world.ask(top, "commit")
    assert world.used == before


STEP = st.tuples(
    st.sampled_from(
        ("put", "put", "put", "leave", "sync", "desync", "region", "draw", "damage", "buffer")
        + ("commit",) * 8
        + ("destroy", "pool")
    ),
    st.integers(0, 4),
    st.integers(0, 4),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(STEP, min_size=10, max_size=60))
def test_after_any_sequence_no_less_is_counted_than_there_is_and_nothing_at_the_end(
    steps: list[tuple[str, int, int]],
) -> None:
    world = World()
    surfaces = [world.surface() for _ in range(5)]
    kept = [Kept() for _ in surfaces]
    roles: dict[int, int] = {}
    regions = [world.region(count) for count in (1, 30, 200)]
    pools = [world.pool(8 * PAGE) for _ in range(2)]
    buffers = [world.buffer(pools[number % 2][0], number, 1) for number in range(5)]
    for what, one, other in steps:
        number = surfaces[one]
        if what == "put" and one not in roles and not kept[other].on(kept[one]):
            roles[one] = world.put(number, surfaces[other])
            kept[one].parent = kept[other]
            kept[one].since = kept[other].commits
            kept[one].synchronised, kept[one].locked = True, False
            kept[other].children.append(kept[one])
        elif what == "leave" and one in roles:
            world.destroy(roles.pop(one))
            kept[one].leave()
        elif what in ("sync", "desync") and one in roles:
            world.ask(roles[one], f"set_{what}")
            if what == "sync":
                kept[one].synchronised = True
            elif kept[one].synchronised:
                kept[one].synchronised = False
                if kept[one].locked and kept[one].parent and not kept[one].waits():
                    kept[one].unlock()
        elif what == "commit":
            world.ask(number, "commit")
            kept[one].commit()
        elif what == "region":
            name = "set_input_region" if other % 2 else "set_opaque_region"
            world.ask(number, name, regions[other % 3])
        elif what == "damage":
            for row in range(other):
                world.ask(number, "damage_buffer", row, row, 9, 9 - row)
        elif what == "draw":
            world.ask(number, "attach", buffers[other], 0, 0)
        elif what == "buffer":
            world.destroy(buffers[one])
            buffers[one] = world.buffer(pools[one % 2][0], one, 1)
        elif what == "pool":
            world.destroy(pools[one % 2][0])
            os.close(pools[one % 2][1])
            pools[one % 2] = world.pool(8 * PAGE)
        elif what == "destroy":
            world.destroy(number)
            for at in kept[one].children[:]:
                at.leave()
            kept[one].leave()
            surfaces[one], kept[one] = world.surface(), Kept()
            if one in roles:
                world.destroy(roles.pop(one))
        for index, model in enumerate(kept):
            state = world.object(surfaces[index]).state
            assert state.below == model.below()
            contents = state.contents
            assert contents.waiting == model.states
            assert contents.bytes >= model.states * weights.WAITING_COMMIT
    states = sum(model.states for model in kept)
    assert world.gate.holding.waiting == states
    assert world.used >= world.base + states * weights.WAITING_COMMIT
    for _, fd in pools:
        os.close(fd)
    world.close()


# --- memory of buffers


def test_what_is_shown_of_a_hole_is_counted_before_it_is_there(world: World) -> None:
    pool, fd = world.pool(100 * PAGE)
    assert world.shown == 0
    shown = world.surface()
    world.show(shown, world.buffer(pool, 0, 10))
    picture = 10 * PAGE
    assert world.shown == 10 * PAGE + picture
    world.show(shown, world.buffer(pool, 20, 10))
    assert world.shown == 10 * PAGE + picture
    # What the compositor read is there from now on.
    os.pwrite(fd, bytes(10 * PAGE), 0)
    world.account.buffers.look_at_all()
    assert world.shown == 20 * PAGE + picture
    world.ask(shown, "attach", 0, 0, 0)
    world.ask(shown, "commit")
    assert world.shown == 10 * PAGE
    os.close(fd)


def test_no_file_counts_for_more_than_it_has(world: World) -> None:
    pool, fd = world.pool(10 * PAGE)
    os.pwrite(fd, bytes(10 * PAGE), 0)
    world.show(world.surface(), world.buffer(pool, 0, 10))
    assert world.shown == 10 * PAGE + 10 * PAGE
    other, _ = world.pool(10 * PAGE, fd)
    world.show(world.surface(), world.buffer(other, 0, 10))
    assert world.shown == 10 * PAGE + 2 * 10 * PAGE, "one file, two pictures"
    os.close(fd)


def test_a_file_that_two_clients_share_counts_once_and_for_as_long_as_one_has_it() -> None:
    world = World()
    other = World(account=world.account)
    pool, fd = world.pool(100 * PAGE)
    world.show(world.surface(), world.buffer(pool, 0, 10))
    again, _ = other.pool(100 * PAGE, fd)
    other.show(other.surface(), other.buffer(again, 10, 10))
    assert world.shown == 4 * 10 * PAGE
    world.gate.close()
    assert world.shown == 2 * 10 * PAGE
    os.close(fd)
    other.close()


def test_a_hole_that_is_punched_behind_what_is_shown_is_still_counted(world: World) -> None:
    pool, fd = world.pool(100 * PAGE)
    surfaces = [world.surface() for _ in range(5)]
    for number, shown in enumerate(surfaces):
        world.show(shown, world.buffer(pool, 10 * number, 10))
    assert world.shown == 5 * 2 * 10 * PAGE
    os.close(fd)


def test_a_terminal_that_scrolls_through_a_large_file_stays_small(world: World) -> None:
    """foot draws ever further on in 512 MiB and punches out what is behind."""
    pool, fd = world.pool(512 << 20)
    shown = world.surface()
    libc = __import__("ctypes").CDLL(None, use_errno=True)
    before = 0
    for number in range(0, 2000, 100):
        os.pwrite(fd, bytes(50 * PAGE), number * PAGE)
        buffer = world.buffer(pool, number, 50)
        world.show(shown, buffer)
        if before:
            world.destroy(before)
        punch = 0x01 | 0x02
        if number:
            from ctypes import c_long

            offset, length = c_long((number - 100) * PAGE), c_long(100 * PAGE)
            assert libc.fallocate(fd, punch, offset, length) == 0
        before = buffer
    world.account.buffers.look_at_all()
    assert world.account.most[BUFFERS] <= 4 * 50 * PAGE
    os.close(fd)


def test_a_buffer_that_is_destroyed_while_it_is_shown_is_still_counted(world: World) -> None:
    pool, fd = world.pool(10 * PAGE)
    buffer = world.buffer(pool, 0, 10)
    shown = world.surface()
    world.ask(shown, "attach", buffer, 0, 0)
    world.destroy(buffer)
    world.destroy(pool)
    os.close(fd)
    assert world.account.used["fds"] == 1, "it is attached"
    world.ask(shown, "commit")
    assert world.shown == 2 * 10 * PAGE
    world.destroy(shown)
    assert (world.shown, world.account.used["fds"], world.account.used["shm_bytes"]) == (0, 0, 0)


def test_what_a_client_wrote_by_itself_counts_and_ends_what_comes_next() -> None:
    world = World(Limits(buffer_bytes=1 << 20))
    pool, fd = world.pool(16 << 20)
    shown = world.surface()
    world.show(shown, world.buffer(pool, 0))
    os.pwrite(fd, bytes(2 << 20), 0)
    world.account.buffers.look_at_all()
    assert world.shown > 2 << 20
    with pytest.raises(Refusal, match="limit buffer-bytes: this VM may have 1048576 at most"):
        world.show(shown, world.buffer(pool, 1))
    os.close(fd)
    world.close()


def test_a_copy_counts_and_not_what_it_is_a_copy_of(world: World) -> None:
    fd = os.memfd_create("test", os.MFD_CLOEXEC)
    os.pwrite(fd, bytes(100 * PAGE), 0)
    pool, _ = world.pool(100 * PAGE, fd)
    assert world.shown == 0
    world.show(world.surface(), world.buffer(pool, 0, 10))
    picture = 10 * PAGE
    assert world.shown == 10 * PAGE + picture
    world.account.buffers.look_at_all()
    assert world.shown == 2 * 10 * PAGE + picture
    os.close(fd)


def test_nothing_is_copied_that_is_too_much() -> None:
    world = World(Limits(buffer_bytes=1 << 20))
    fd = os.memfd_create("test", os.MFD_CLOEXEC)
    os.ftruncate(fd, 4 << 20)
    pool, _ = world.pool(4 << 20, fd)
    (copy,) = world.gate.to_compositor.fds
    buffer = world.ask(pool, "create_buffer", ..., 0, 1024, 1024, 4096, 0)
    with pytest.raises(Refusal, match="limit buffer-bytes"):
        world.show(world.surface(), buffer)
    assert os.fstat(copy).st_blocks == 0
    os.close(fd)
    world.close()


def test_as_much_as_the_outputs_need(world: World) -> None:
    assert world.account.allowed(BUFFERS) == buffer_memory.LEAST
    outputs = [world.bind("wl_output") for _ in range(2)]
    for number in outputs:
        world.tell(number, "mode", 1, 3840, 2160, 60_000)
        world.tell(number, "mode", 0, 9999, 9999, 60_000)
    needed = buffer_memory.SCREENS * 2 * 3840 * 2160 * 4
    assert world.account.allowed(BUFFERS) == needed
    world.account.limits = Limits(buffer_bytes=1 << 20)
    assert world.account.allowed(BUFFERS) == 1 << 20
    world.account.limits = Limits()
    world.tell(world.registry, "global_remove", world.object(outputs[0]).state.name)
    assert world.account.allowed(BUFFERS) == max(buffer_memory.LEAST, needed // 2)
