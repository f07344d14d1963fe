from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.shell.geometry import Rect
from spectrum_session.shell.layouts import arrange, column_slices
from spectrum_session.shell.names import LayoutName
from spectrum_session.shell.spans import share, spans

AREA = Rect(0, 30, 1920, 1050)


@dataclass
class Tile:
    min_width: int = 0
    min_height: int = 0
    weight: float = 1.0


def lay(
    layout: LayoutName,
    tiles: list[Tile],
    area: Rect = AREA,
    *,
    gap: int = 8,
    outer: int = 8,
    ratio: float = 0.55,
    masters: int = 1,
) -> list[Rect]:
    return arrange(
        layout,
        area,
        tiles,
        gap=gap,
        outer_gap=outer,
        master_ratio=ratio,
        master_count=masters,
    )


tiles = st.builds(
    Tile,
    min_width=st.integers(0, 900),
    min_height=st.integers(0, 700),
    weight=st.floats(0.01, 20),
)
areas = st.builds(
    Rect,
    st.integers(-3000, 3000),
    st.integers(-3000, 3000),
    st.integers(200, 4000),
    st.integers(200, 4000),
)
tiling: st.SearchStrategy[LayoutName] = st.sampled_from(["master-stack", "columns"])


@given(
    tiling, st.lists(tiles, min_size=1, max_size=60), areas, st.floats(0.1, 0.9), st.integers(1, 5)
)
def test_covers_the_area_exactly_without_gaps(
    layout: LayoutName, windows: list[Tile], area: Rect, ratio: float, masters: int
) -> None:
    frames = lay(layout, windows, area, gap=0, outer=0, ratio=ratio, masters=masters)
    assert len(frames) == len(windows)
    assert all(frame.intersect(area) == frame and not frame.empty for frame in frames)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(frames, 2))
    assert sum(f.width * f.height for f in frames) == area.width * area.height


@given(tiling, st.integers(1, 6), areas, st.integers(0, 12), st.integers(0, 40))
def test_gaps_are_all_that_is_left(
    layout: LayoutName, count: int, area: Rect, gap: int, outer: int
) -> None:
    area = Rect(area.x, area.y, area.width + 1000, area.height + 1000)
    frames = lay(layout, [Tile()] * count, area, gap=gap, outer=outer)
    inner = area.inset(outer, outer, outer, outer)
    # Each frame with the gap right of and below it: together they fill the area and one gap more.
    grown = [Rect(f.x, f.y, f.width + gap, f.height + gap) for f in frames]
    assert all(frame.intersect(inner) == frame for frame in frames)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(grown, 2))
    assert sum(f.width * f.height for f in grown) == (inner.width + gap) * (inner.height + gap)


@given(tiling, st.lists(tiles, min_size=1, max_size=80), areas, st.integers(0, 60))
def test_never_overlaps_however_little_room(
    layout: LayoutName, windows: list[Tile], area: Rect, gap: int
) -> None:
    frames = lay(layout, windows, area, gap=gap, outer=gap)
    assert all(frame.intersect(area) == frame and not frame.empty for frame in frames)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(frames, 2))


@pytest.mark.parametrize("layout", ["master-stack", "columns", "monocle"])
def test_one_window_has_it_all_but_the_outer_gap(layout: LayoutName) -> None:
    assert lay(layout, [Tile()], outer=10) == [Rect(10, 40, 1900, 1030)]


def test_monocle_gives_all_of_it_to_each() -> None:
    assert lay("monocle", [Tile()] * 3) == [Rect(8, 38, 1904, 1034)] * 3


def test_master_stack() -> None:
    master, top, bottom = lay("master-stack", [Tile()] * 3, gap=10, outer=0, ratio=0.5)
    assert master == Rect(0, 30, 955, 1050)
    assert top == Rect(965, 30, 955, 520)
    assert bottom == Rect(965, 560, 955, 520)


def test_several_masters_share_the_first_column() -> None:
    frames = lay("master-stack", [Tile()] * 3, gap=0, outer=0, ratio=0.5, masters=2)
    assert frames == [
        Rect(0, 30, 960, 525),
        Rect(0, 555, 960, 525),
        Rect(960, 30, 960, 1050),
    ]


def test_columns_by_weight() -> None:
    frames = lay("columns", [Tile(weight=2.0), Tile(), Tile()], gap=0, outer=0)
    assert [frame.width for frame in frames] == [960, 480, 480]
    assert {frame.height for frame in frames} == {1050}


@pytest.mark.parametrize("layout", ["master-stack", "columns"])
def test_two_hundred_windows_stay_usable(layout: LayoutName) -> None:
    frames = lay(layout, [Tile()] * 200)
    assert min(frame.width for frame in frames) >= 50
    assert min(frame.height for frame in frames) >= 30


def test_minimum_sizes_are_kept_where_they_fit() -> None:
    frames = lay("master-stack", [Tile(), Tile(min_width=1500), Tile(min_height=800)])
    assert frames[1].width >= 1500
    assert frames[2].height >= 800
    wide = lay("columns", [Tile(min_width=1000), Tile(), Tile(min_width=700)])
    assert wide[0].width >= 1000
    assert wide[2].width >= 700


def test_the_stack_opens_columns_until_minimum_heights_fit() -> None:
    tall = Tile(min_height=600)
    frames = lay("master-stack", [Tile(), Tile(), tall, tall])
    assert frames[2].height >= 600
    assert frames[3].height >= 600


def test_columns_stack_windows_that_are_too_wide_to_stand_beside_each_other() -> None:
    frames = lay("columns", [Tile(min_width=1200)] * 2)
    assert all(frame.width >= 1200 for frame in frames)


@pytest.mark.parametrize("length", [400, 1000, 1280])
@pytest.mark.parametrize("greedy", [900, 16384])
def test_a_window_that_asks_for_too_much_takes_nothing_from_the_others(
    length: int, greedy: int
) -> None:
    sizes = share(length, [1.0, 1.0, 1.0], [greedy, 60, 200])
    assert sum(sizes) == length
    if greedy + 260 > length:
        assert sizes[1] >= 60 and sizes[2] >= min(200, length // 3)


@given(st.integers(1, 5000), st.lists(tiles, min_size=1, max_size=40))
def test_share_adds_up_and_keeps_minima_that_fit(length: int, windows: list[Tile]) -> None:
    minima = [tile.min_width for tile in windows]
    sizes = share(length, [tile.weight for tile in windows], minima)
    assert all(size >= 1 for size in sizes)
    if length >= len(windows):
        assert sum(sizes) == length
    if sum(max(1, minimum) for minimum in minima) <= length:
        assert all(size >= minimum for size, minimum in zip(sizes, minima, strict=True))


def test_gaps_give_way_before_windows_do() -> None:
    pieces = spans(0, 430, [1.0] * 10, [0] * 10, 20)
    assert all(size >= 40 for _, size in pieces)
    assert pieces[-1][0] + pieces[-1][1] == 430


@given(st.integers(1, 300), st.integers(1, 300))
def test_columns_are_dealt_evenly(count: int, columns: int) -> None:
    columns = min(count, columns)
    parts = column_slices(count, columns)
    assert [i for part in parts for i in range(count)[part]] == list(range(count))
    sizes = [part.stop - part.start for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes)
