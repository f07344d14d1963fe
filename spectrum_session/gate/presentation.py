"""When commits are said to have been shown: at times that are the same whoever else draws.

The compositor's own answer counts the commits of the output, which are everybody's, and comes with
the next frame that anybody's drawing makes. So it is not asked. A commit counts as shown from the
first tick after it (see `compositor/frame_clock.py`: k refresh periods from a phase that frame
callbacks tell), and the client is told at the tick after that, for that one. What was replaced
before it was shown, and what is on no output, is discarded.

Sans-IO: commits are made at `Context.now`, and `answer` takes the time from whoever owns it.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from .model_input import OutputState
from .model_present import FeedbackState, Presented
from .schema import SCHEMA

if TYPE_CHECKING:
    from .context import Context
    from .objects import Object

DEFAULT_REFRESH = 60_000
"""mHz; the clock of an output without a rate of its own."""
MIN_REFRESH, MAX_REFRESH = 1_000, 1_000_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
VSYNC = 1

_SYNC_OUTPUT, _PRESENTED, _DISCARDED = SCHEMA["wp_presentation_feedback"].events
_DELETE_ID = SCHEMA["wl_display"].event("delete_id")


def period_ns(refresh: int) -> int:
    """Nanoseconds between the ticks of an output, as its clock has them."""
    return 1_000_000_000_000 // min(MAX_REFRESH, max(MIN_REFRESH, refresh or DEFAULT_REFRESH))


def next_tick(after: int, period: int, phase: int) -> int:
    """The first tick after a moment."""
    return after + period - (after - phase) % period


class Presentation:
    """The feedback of one connection that is still to be answered."""

    def __init__(self, gate: Context) -> None:
        self._gate = gate
        self._waiting: list[tuple[int, int, Object]] = []
        self._count = 0

    @property
    def next(self) -> int | None:
        """When there is something to answer."""
        return self._waiting[0][0] if self._waiting else None

    def committed(self, surface: Object, known: Presented) -> None:
        """A surface was committed for which feedback was asked at some time."""
        now = self._gate.now
        for feedback in list(known.awaited):
            if feedback.state.shown > now:
                self._answer(feedback, None)
        if not known.asked:
            return
        period = period_ns(self._refresh(surface))
        shown = next_tick(now, period, known.phase)
        for feedback in known.asked:
            feedback.state.shown = shown
            self._count += 1
            heapq.heappush(self._waiting, (shown + period, self._count, feedback))
        known.awaited += known.asked
        known.asked = []

    def answer(self, now: int) -> None:
        """Tell the client of what was shown up to now."""
        while self._waiting and self._waiting[0][0] <= now:
            tick, _, feedback = heapq.heappop(self._waiting)
            if not feedback.state.answered:
                self._answer(feedback, tick)

    def discard(self, known: Presented) -> None:
        """A surface is gone."""
        for feedback in (*known.awaited, *known.asked):
            self._answer(feedback, None)
        known.asked.clear()

    def follow(self, surface: Object, known: Presented, time_ms: int) -> None:
        """A frame callback of the surface was answered for a tick: 32 bits of milliseconds, which
        were cut off. The phase is left alone where they agree."""
        now = self._gate.now // MILLISECOND
        tick = (now - (now - time_ms & 0xFFFFFFFF)) * MILLISECOND
        if (tick - known.phase + MILLISECOND) % period_ns(self._refresh(surface)) > MILLISECOND:
            known.phase = tick

    def _refresh(self, surface: Object) -> int:
        outputs = surface.state.outputs or self._gate.knowledge.outputs
        for output in outputs:
            if isinstance(output.state, OutputState):
                return output.state.refresh
        return DEFAULT_REFRESH

    def _answer(self, feedback: Object, tick: int | None) -> None:
        gate = self._gate
        state: FeedbackState = feedback.state
        surface = state.surface
        known: Presented = surface.state.presented
        if feedback in known.awaited:
            known.awaited.remove(feedback)
        state.answered = True
        on = [one for one in surface.state.outputs if one.alive]
        if tick is None or (gate.knowledge.outputs and not on):
            gate.send_event(_DISCARDED, feedback.id)
        else:
            for output in on:
                gate.send_event(_SYNC_OUTPUT, feedback.id, output.id)
            period = period_ns(self._refresh(surface))
            seconds, nanoseconds = divmod(tick, SECOND)
            count = tick // period
            high = (seconds >> 32, count >> 32)
            args = (high[0], seconds & 0xFFFFFFFF, nanoseconds, period, high[1])
            gate.send_event(_PRESENTED, feedback.id, *args, count & 0xFFFFFFFF, VSYNC)
        if state.freed:
            gate.objects.forget(feedback.id)
            gate.send_event(_DELETE_ID, 1, feedback.id)
