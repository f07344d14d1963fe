"""The statistics that find out whether a VM can tell what others do."""

from __future__ import annotations

import random

import pytest

from tests.attack.dependence import chance, conditions, depends, separation

EACH = 12


def noise(seed: int, mean: float, spread: float) -> list[float]:
    """With an outlier now and then, as on a busy machine."""
    source = random.Random(seed)
    return [
        mean + source.gauss(0, spread) + (40 if source.random() < 0.05 else 0) for _ in range(EACH)
    ]


@pytest.mark.parametrize("seed", range(8))
def test_callbacks_as_they_were_are_found(seed: int) -> None:
    """1.3 ms when nobody draws, 11 to 13 when another VM does."""
    assert depends(noise(seed, 1.3, 0.3), noise(seed + 100, 12, 1), 3)


@pytest.mark.parametrize("seed", range(40))
def test_noise_is_no_dependence(seed: int) -> None:
    assert not depends(noise(seed, 16.7, 2), noise(seed + 100, 16.7, 2), 3)


@pytest.mark.parametrize("seed", range(8))
def test_what_the_processor_is_late_is_within_the_tolerance(seed: int) -> None:
    assert not depends(noise(seed, 16.7, 0.2), noise(seed + 100, 17.6, 0.6), 3)


@pytest.mark.parametrize("sign", [1, -1])
def test_either_direction_is_found(sign: int) -> None:
    quiet, busy = [float(i) for i in range(EACH)], [100.0 + i for i in range(EACH)]
    assert separation([sign * one for one in quiet], [sign * one for one in busy], 3) == 1
    assert depends([sign * one for one in quiet], [sign * one for one in busy], 3)


def test_a_drift_of_the_machine_is_none() -> None:
    """It becomes slower all the time; the conditions alternate in pairs."""
    for seed in range(20):
        order = conditions(EACH, seed)
        values = [float(number) for number in range(len(order))]
        quiet = [value for value, busy in zip(values, order, strict=True) if not busy]
        busy = [value for value, busy in zip(values, order, strict=True) if busy]
        assert not depends(quiet, busy, 0)


def test_few_values_are_never_enough() -> None:
    assert separation([1], [9], 0) == 1
    assert chance([1], [9], 0) > 0.3
    assert not depends([1], [9], 0)


def test_both_conditions_come_equally_often() -> None:
    order = conditions(EACH, 3)
    assert sum(order) == EACH
    assert len(order) == 2 * EACH
    assert order != conditions(EACH, 4)
