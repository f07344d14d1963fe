"""Frame callbacks are answered for ticks of the output's clock, whoever draws."""

from __future__ import annotations

import time

import pytest

from spectrum_session.compositor.outputs.frame_clock import period_ns
from tests.wire import Client, Window

from .harness import running

MILLISECOND = 1_000_000


def on_the_clock(time_ms: int, refresh: int) -> bool:
    """Is it a tick of a clock with this rate in mHz, in whole milliseconds, cut to 32 bits?"""
    now = time.monotonic_ns() // MILLISECOND
    full = now - (now - time_ms & 0xFFFFFFFF)
    period = period_ns(refresh)
    tick = ((full + 1) * MILLISECOND - 1) // period * period
    return tick // MILLISECOND == full


@pytest.mark.parametrize(("mode", "refresh"), [("", 60_000), ("1280x720@30", 30_000)])
def test_callbacks_are_of_the_outputs_clock(mode: str, refresh: int) -> None:
    config = f'[outputs."*"]\nmode = "{mode}"\n' if mode else ""
    with running(config=config, outputs=()) as session:
        window = Window(Client(session.display))
        other = Window(Client(session.display), title="other")
        for draws in (False, True, False, True, True):
            for one in (window, other):
                times: list[int] = []
                one.surface("frame").on("done", times.append)
                if draws:
                    one.attach(*one.size)
                one.commit()
                one.client.wait_for(times.copy, "a callback")
                assert on_the_clock(times[0], refresh)
        window.client.close()
        other.client.close()
