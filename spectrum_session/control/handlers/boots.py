"""A VM's start in messages of the control socket. Pure, but for the time."""

from __future__ import annotations

import time

from spectrum_session.control import messages
from spectrum_session.vm.boot_stages import Boot, judge, took


def boot(start: Boot | None) -> messages.Boot | None:
    """The progress of a start; None when it is over, or never began."""
    if start is None or start.ended is not None:
        return None
    now = time.monotonic()
    expected = start.expected
    return messages.Boot(
        stage=start.stage.value,
        elapsed_ms=int(start.elapsed(now) * 1000),
        expected_ms=int(expected.total_s * 1000) if expected is not None else None,
        verdict=judge(start, now).value,
    )


def last_start(start: Boot | None) -> messages.LastStart | None:
    """The duration of a start; None while it goes on, or when it never began."""
    if start is None or start.ended is None:
        return None
    times = took(start)
    stages = {stage: int(seconds * 1000) for stage, seconds in times.stages.items()}
    return messages.LastStart(total_ms=int(times.total_s * 1000), stages_ms=stages)
