from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.shell.directions import Direction, neighbour
from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.placement import GRAB, inside, limited, opening_frame, reachable

AREA = Rect(100, 50, 1000, 800)
TITLE = 28


@dataclass
class Limits:
    min_width: int = 0
    min_height: int = 0
    max_width: int = 0
    max_height: int = 0


sizes = st.integers(0, 3000)
spots = st.integers(-5000, 5000)
rects = st.builds(Rect, spots, spots, st.integers(1, 3000), st.integers(1, 3000))


@given(sizes, sizes, st.none() | rects, st.sets(st.tuples(spots, spots), max_size=5))
def test_opens_fully_inside_the_work_area(
    width: int, height: int, parent: Rect | None, taken: set[tuple[int, int]]
) -> None:
    frame = opening_frame(width, height, Limits(), AREA, parent, taken, 32)
    assert frame.intersect(AREA) == frame


@given(st.integers(1001, 3000), st.integers(801, 3000))
def test_too_large_by_its_own_minimum_keeps_its_corner_inside(width: int, height: int) -> None:
    frame = opening_frame(1, 1, Limits(width, height), AREA, None, (), 32)
    assert frame == Rect(AREA.x, AREA.y, width, height)


def test_opens_centred() -> None:
    assert opening_frame(200, 100, Limits(), AREA, None, (), 32) == Rect(500, 400, 200, 100)
    parent = Rect(100, 50, 400, 300)
    assert opening_frame(200, 100, Limits(), AREA, parent, (), 32) == Rect(200, 150, 200, 100)


def test_cascades_off_what_is_there() -> None:
    taken: set[tuple[int, int]] = set()
    for _ in range(60):
        frame = opening_frame(200, 100, Limits(), AREA, None, taken, 32)
        assert (frame.x, frame.y) not in taken
        taken.add((frame.x, frame.y))
    assert (532, 432) in taken


@given(rects)
def test_title_bar_stays_reachable(frame: Rect) -> None:
    placed = reachable(frame, AREA, TITLE)
    title = Rect(placed.x, placed.y, placed.width, TITLE)
    assert title.intersect(AREA).width >= min(GRAB, frame.width)
    assert title.intersect(AREA).height == TITLE
    assert (placed.width, placed.height) == (frame.width, frame.height)
    assert reachable(placed, AREA, TITLE) == placed


def test_what_is_reachable_is_not_moved() -> None:
    frame = Rect(AREA.right - GRAB, AREA.bottom - TITLE, 500, 500)
    assert reachable(frame, AREA, TITLE) == frame
    assert inside(frame, AREA) == Rect(600, 350, 500, 500)


def test_limits_hold_and_a_minimum_wins() -> None:
    assert limited(5000, 5, Limits(0, 20, 300, 0)) == Rect(0, 0, 300, 20)
    assert limited(100, 100, Limits(200, 0, 150, 0)) == Rect(0, 0, 200, 100)
    assert limited(1, 1, Limits(), (80, 40)) == Rect(0, 0, 80, 40)
    assert limited(1, 1, Limits(max_width=50, max_height=30), (80, 40)) == Rect(0, 0, 50, 30)


def look(origin: Rect, frames: list[Rect], direction: Direction, **more: bool) -> int | None:
    return neighbour(origin, [(i, f, i) for i, f in enumerate(frames)], direction, **more)


def test_neighbour_lies_beside_and_near() -> None:
    origin = Rect(0, 0, 100, 100)
    near, far, diagonal = Rect(110, 0, 50, 50), Rect(300, 0, 50, 50), Rect(102, 200, 50, 50)
    assert look(origin, [far, diagonal, near], "right") == 2
    assert look(origin, [far, diagonal], "right") == 0
    assert look(origin, [diagonal], "right") == 0
    assert look(origin, [diagonal], "right", beside_only=True) is None
    assert look(origin, [far, diagonal, near], "left") is None
    assert look(near, [origin], "left") == 0
    assert look(diagonal, [origin], "up") == 0
    assert look(origin, [diagonal], "down") == 0


def test_of_equals_the_highest_rank_wins() -> None:
    origin = Rect(0, 0, 100, 100)
    stack = [Rect(100, 50, 100, 50), Rect(100, 0, 100, 50)]
    assert look(origin, stack, "right") == 1
    assert look(origin, stack[::-1], "right") == 1
