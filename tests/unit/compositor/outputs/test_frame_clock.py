"""The clock by which frame callbacks are answered."""

from __future__ import annotations

import asyncio
import os
import time

from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.compositor.outputs.frame_clock import (
    DEFAULT_REFRESH,
    FrameClock,
    next_tick,
    period_ns,
)
from spectrum_session.gate import presentation

MOMENTS = st.integers(0, 1 << 62)
REFRESH = st.integers(0, 1_000_000)
DEADLINE_S = 10


@given(MOMENTS, REFRESH, MOMENTS)
def test_ticks_lie_on_a_grid_that_nobody_moves(after: int, refresh: int, phase: int) -> None:
    period = period_ns(refresh)
    tick = next_tick(after, period, phase)
    assert after < tick <= after + period
    assert (tick - phase) % period == 0
    # Whoever asks in between is answered at the same tick.
    assert next_tick((after + tick) // 2, period, phase) == tick


@given(MOMENTS, REFRESH)
def test_the_gate_has_the_same_clock(after: int, refresh: int) -> None:
    period = period_ns(refresh)
    assert presentation.period_ns(refresh) == period
    assert presentation.next_tick(after, period, 0) == next_tick(after, period, 0)


def test_it_ticks_once_for_all_who_wait_and_then_rests() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        ticks: list[int] = []
        done = asyncio.Event()
        clock = FrameClock(loop, ticks.append, done.set)
        for _ in range(3):
            clock.arm()
        due = clock.due
        assert 0 < due - time.monotonic_ns() <= period_ns(DEFAULT_REFRESH)
        await asyncio.wait_for(done.wait(), DEADLINE_S)
        assert ticks == [due]
        assert time.monotonic_ns() >= due
        assert clock.due == 0
        assert not clock.take()
        clock.close()

    asyncio.run(run())


def test_one_that_was_taken_early_is_not_given_again() -> None:
    """An event of the output may be heard before the timer."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        ticks: list[int] = []
        afterwards: list[None] = []
        clock = FrameClock(loop, ticks.append, lambda: afterwards.append(None))
        clock.arm()
        assert not clock.take(), "before its time"
        while not clock.take():
            os.sched_yield()
        assert len(ticks) == 1
        done = asyncio.Event()
        other = FrameClock(loop, lambda _tick: None, done.set)
        other.arm()
        await asyncio.wait_for(done.wait(), DEADLINE_S)
        assert len(ticks) == 1
        assert afterwards == []
        clock.close()
        other.close()

    asyncio.run(run())


def test_it_follows_the_display() -> None:
    async def run() -> None:
        clock = FrameClock(asyncio.get_running_loop(), lambda _tick: None, lambda: None)
        clock.set_refresh(50_000)
        clock.follow(7_000_000)
        clock.arm()
        assert clock.due % 20_000_000 == 7_000_000
        clock.close()

    asyncio.run(run())


def test_a_tick_that_is_late_is_not_skipped() -> None:
    """Who asks while it is overdue is answered with it."""

    async def run() -> None:
        clock = FrameClock(asyncio.get_running_loop(), lambda _tick: None, lambda: None)
        clock.arm()
        due = clock.due
        while time.monotonic_ns() < due:
            os.sched_yield()
        clock.arm()
        assert clock.due == due
        clock.close()

    asyncio.run(run())
