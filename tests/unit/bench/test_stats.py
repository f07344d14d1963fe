"""Percentiles, medians, gaps, ratios."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats import gaps, median, percentile, ratio

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


def test_percentile_is_the_nearest_rank() -> None:
    hundred = [float(n) for n in range(100, 0, -1)]
    assert [percentile(hundred, p) for p in (1, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([15, 20, 35, 40, 50], 30) == 20
    assert percentile([15, 20, 35, 40, 50], 99) == 50
    assert percentile([7], 1) == 7


@pytest.mark.parametrize("percent", [0, -1, 100.5])
def test_percentile_refuses_what_is_none(percent: float) -> None:
    with pytest.raises(ValueError, match="percentage"):
        percentile([1.0], percent)


@given(numbers, st.integers(1, 100))
def test_percentile_leaves_the_rest_above(samples: list[float], percent: int) -> None:
    found = percentile(samples, percent)
    assert found in samples
    assert sum(s <= found for s in samples) * 100 >= percent * len(samples)
    assert sum(s < found for s in samples) * 100 < percent * len(samples)


@given(numbers)
def test_median_halves(samples: list[float]) -> None:
    found = median(samples)
    assert sum(s < found for s in samples) <= len(samples) / 2
    assert sum(s > found for s in samples) <= len(samples) / 2


def test_median_of_an_even_number_is_between() -> None:
    assert median([4.0, 1.0, 3.0, 2.0]) == 2.5
    assert median([3.0, 1.0, 2.0]) == 2


def test_nothing_has_neither_percentile_nor_median() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 50)
    with pytest.raises(ValueError, match="no samples"):
        median([])


def test_gaps_are_between_neighbours() -> None:
    assert gaps([1.0, 1.5, 4.0]) == [0.5, 2.5]
    assert gaps([1.0]) == []


def test_ratio_says_how_many_times_theirs_ours_is() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(3.0, 0.0) is None
