"""How windows are tiled, and what sway is told so that it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import peers
from bench.clients import grid


@pytest.mark.parametrize(
    ("count", "shape"),
    [(1, (1, 1)), (4, (4, 1)), (16, (16, 1)), (17, (16, 2)), (64, (16, 4)), (200, (16, 13))],
)
def test_grid(count: int, shape: tuple[int, int]) -> None:
    assert grid(count) == shape


@pytest.mark.parametrize("count", [1, 16, 20, 64, 200])
def test_sway_fills_the_columns_one_after_the_other(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(peers, "_sway_message", lambda place, command: said.append(command))
    place = peers.Place(Path("/nowhere"), {})
    columns, rows = grid(count)
    stacks = [1] * columns
    column = -1
    for number in range(count):
        before = len(said)
        peers._sway_before_window(place, number, count)
        if len(said) > before:
            column += 1
            assert said[-1] == f'[title="^bench {column}$"] focus; splitv'
        if number >= columns:
            stacks[column] += 1
    assert sum(stacks) == count
    assert max(stacks) <= rows
