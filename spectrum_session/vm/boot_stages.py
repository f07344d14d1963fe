"""Stages of a VM's start, and whether it is late, as a pure value.

What a guest prints on its console is its own word. It moves the stages between the machine's start
and its transport, forwards and no further; what it moves decides nothing but what stands in that
VM's own frame.

Times are seconds of any monotonic clock, as in `model`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum

import msgspec
from msgspec.structs import replace


class Stage(Enum):
    """A stage of a start, in order; the value is part of the control protocol."""

    WAITING = "waiting"
    """For another VM, its net provider: nothing of this one is there yet."""
    MACHINE = "machine"
    KERNEL = "kernel"
    DRIVERS = "drivers"
    ROOT = "root"
    USER_SPACE = "user-space"
    TRANSPORT = "transport"
    PROGRAM = "program"
    WINDOW = "window"


ORDER = tuple(Stage)
WAITING_STAGES = (Stage.WAITING,)
MACHINE_STAGES = ORDER[1:]
"""Stages of a machine that boots."""
PROGRAM_STAGES = (Stage.MACHINE, Stage.WINDOW)
"""Stages of a VM without a machine."""

QUIET_S = 60.0
"""So long without a new stage or a line of the console, and something is wrong: no stage of a boot
takes that long without a word, even emulated on a busy machine."""
LATE_FACTOR = 3.0
"""So many times the expected time, and it is late,"""
LATE_LEAST_S = 10.0
"""but not before this: what takes a second may well take five for once."""
COUNTED = 5
"""Of so many earlier boots the median is what is expected."""

_FROM_CONSOLE = {
    "drivers": Stage.DRIVERS,
    "root": Stage.ROOT,
    "user space": Stage.USER_SPACE,
    "agent over": Stage.TRANSPORT,
}
_STAGE_LINE = re.compile(r"spectrum-guest: (drivers|root|user space|agent over)\b")
_KERNEL_LINE = re.compile(r"(?:\[ *\d{1,9}\.\d{1,9}\] )?Linux version ")
_REST = 100
"""Characters that are kept of a line whose end has not come: enough to know any of the above."""


class Verdict(Enum):
    """How a start that is under way goes."""

    GOOD = "good"
    LATE = "late"
    """It takes far longer than earlier starts."""
    SILENT = "silent"
    """No new stage and no output for long."""


class Times(msgspec.Struct, frozen=True):
    """How long a start took, or is expected to: seconds, in all and of each stage by its value."""

    total_s: float
    stages: dict[str, float] = {}


class Boot(msgspec.Struct, frozen=True):
    """A start, under way or over."""

    stages: tuple[Stage, ...]
    """All stages of this start."""
    began: float
    reached: tuple[tuple[Stage, float], ...]
    """Each stage that it reached, and when, in order."""
    heard: float
    """When it last reached a stage or printed anything."""
    expected: Times | None = None
    """From earlier starts; None when there are none."""
    ended: float | None = None
    """When it was done, or given up."""
    rest: str = ""
    """The beginning of a console line whose end has not come."""

    @property
    def stage(self) -> Stage:
        """Its present stage; its last one when it is over."""
        return self.reached[-1][0]

    def elapsed(self, now: float) -> float:
        """Seconds since it began, or that it took."""
        return max(0.0, (now if self.ended is None else self.ended) - self.began)


def begin(stages: Sequence[Stage], at: float, expected: Times | None = None) -> Boot:
    """A start in the first of its stages."""
    return Boot(tuple(stages), at, ((stages[0], at),), at, expected)


def reach(boot: Boot, stage: Stage, at: float) -> Boot:
    """Move it on to a stage. An earlier stage, or one that it does not have, changes nothing."""
    if boot.ended is not None or stage not in boot.stages or not _after(stage, boot.stage):
        return boot
    return replace(boot, reached=(*boot.reached, (stage, at)), heard=at)


def printed(boot: Boot, text: str, at: float) -> Boot:
    """Take output of the console, in lines or parts of lines."""
    if boot.ended is not None:
        return boot
    whole, end, rest = (boot.rest + text).rpartition("\n")
    boot = replace(boot, heard=at, rest=rest[:_REST])
    if not end:
        return boot
    for line in whole.split("\n"):
        stage = _said(line)
        if stage is not None:
            boot = reach(boot, stage, at)
    return boot


def finish(boot: Boot, at: float) -> Boot:
    """End it: it succeeded or failed."""
    return boot if boot.ended is not None else replace(boot, ended=at, rest="")


def judge(boot: Boot, now: float) -> Verdict:
    """What is to be thought of it now."""
    if boot.ended is not None or boot.stage is Stage.WAITING:
        return Verdict.GOOD
    if now - boot.heard >= QUIET_S:
        return Verdict.SILENT
    expected = boot.expected
    if expected is not None:
        limit = max(LATE_LEAST_S, LATE_FACTOR * expected.total_s)
        if boot.elapsed(now) >= limit:
            return Verdict.LATE
    return Verdict.GOOD


def took(boot: Boot) -> Times:
    """How long it took, when it is over."""
    assert boot.ended is not None
    ends = [at for _, at in boot.reached[1:]] + [boot.ended]
    stages = {
        stage.value: round(max(0.0, end - at), 3)
        for (stage, at), end in zip(boot.reached, ends, strict=True)
    }
    return Times(round(boot.elapsed(boot.ended), 3), stages)


def expect(earlier: Sequence[Times]) -> Times | None:
    """What the next start will take, by the last ones; None when there were none."""
    counted = earlier[-COUNTED:]
    if not counted:
        return None
    stages = {
        stage.value: _median([times.stages.get(stage.value, 0.0) for times in counted])
        for stage in Stage
        if any(stage.value in times.stages for times in counted)
    }
    return Times(_median([times.total_s for times in counted]), stages)


def _median(values: list[float]) -> float:
    # The standard library's would bring decimal numbers and fractions into every session.
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


class Part(msgspec.Struct, frozen=True):
    """A stage as a part of a progress bar: its share of the whole, and how much of it is done."""

    stage: Stage
    share: float
    done: float


LEAST_SHARE = 0.06
"""Of a part, so that it can be seen."""


def progress(boot: Boot, now: float) -> list[Part]:
    """The parts of its progress, in order: shares add up to 1. While it goes on, the part that it
    is at is never whole."""
    known: Mapping[str, float] = boot.expected.stages if boot.expected is not None else {}
    total = sum(known.get(stage.value, 0.0) for stage in boot.stages)
    weights = [
        max(LEAST_SHARE, known.get(stage.value, 0.0) / total) if total > 0 else 1.0
        for stage in boot.stages
    ]
    whole = sum(weights)
    since = boot.reached[-1][1]
    at = now if boot.ended is None else boot.ended
    parts = []
    for stage, weight in zip(boot.stages, weights, strict=True):
        done = 0.0
        if _after(boot.stage, stage):
            done = 1.0
        elif stage is boot.stage:
            usual = known.get(stage.value, 0.0)
            done = min(0.95, max(0.0, at - since) / usual) if usual > 0 else 0.5
        parts.append(Part(stage, weight / whole, done))
    return parts


def _after(stage: Stage, other: Stage) -> bool:
    return ORDER.index(stage) > ORDER.index(other)


def _said(line: str) -> Stage | None:
    found = _STAGE_LINE.match(line)
    if found is not None:
        return _FROM_CONSOLE[found[1]]
    return Stage.KERNEL if _KERNEL_LINE.match(line) else None
