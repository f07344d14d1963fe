"""What a placeholder says of a VM in each of its states."""

from __future__ import annotations

from typing import Any

import pytest

from spectrum_session.trusted.placeholder_panel import (
    CLOSE,
    KILL,
    LINES,
    LOG,
    START,
    Facts,
    duration,
    is_live,
    panel,
    wanted,
    without_console,
)
from spectrum_session.vm import boot_stages as boots
from spectrum_session.vm.boot_stages import QUIET_S, Boot, Stage, Times
from spectrum_session.vm.model import VMState, VMStatus

EXPECTED = Times(14.0, {"machine": 2.0, "kernel": 8.0, "window": 4.0})


def facts(state: VMState, start: Boot | None = None, reason: str = "", **more: Any) -> Facts:
    status = VMStatus(state, 100.0, reason)
    known: dict[str, Any] = {"console": (), "has_log": True, "shows_windows": True, **more}
    return Facts("work", status, start, **known)


def booting(stage: Stage = Stage.KERNEL, expected: Times | None = EXPECTED) -> Boot:
    return boots.reach(boots.begin(boots.MACHINE_STAGES, 100.0, expected), stage, 104.0)


def test_a_start_in_good_time() -> None:
    shown = panel(facts(VMState.STARTING, booting()), 112.0)
    assert (shown.name, shown.headline, shown.tone) == ("work", "Starting the kernel", "calm")
    assert shown.clock == "12 s of about 14 s"
    assert shown.buttons == (LOG,)
    assert shown.note == "Closing this stops it."
    assert len(shown.parts) == len(boots.MACHINE_STAGES)


def test_one_of_which_nothing_is_expected() -> None:
    assert panel(facts(VMState.STARTING, booting(expected=None)), 112.0).clock == "12 s"


@pytest.mark.parametrize(
    ("heard", "now", "says"),
    [
        (104.0, 104.0 + QUIET_S, "Starting the kernel: nothing heard for 1 min"),
        (141.0, 142.0, "Starting the kernel: it takes much longer than usual"),
    ],
)
def test_one_that_hangs_can_be_killed(heard: float, now: float, says: str) -> None:
    start = boots.printed(booting(), "talks\n", heard)
    shown = panel(facts(VMState.STARTING, start), now)
    assert (shown.headline, shown.tone, shown.buttons) == (says, "warning", (LOG, KILL))


def test_one_that_waits_for_another() -> None:
    start = boots.begin(boots.WAITING_STAGES, 100.0)
    shown = panel(facts(VMState.STARTING, start, "waits for netvm"), 400.0)
    assert (shown.headline, shown.tone, shown.clock) == ("Waits for netvm", "calm", "5 min")
    assert not shown.parts and not shown.lines
    over = boots.finish(start, 400.0)
    failed = panel(facts(VMState.FAILED, over, "it has no network: netvm: broken"), 400.0)
    assert failed.headline == "Failed to start, after 5 min"
    assert failed.detail == "It has no network: netvm: broken"


def test_one_that_runs_and_has_no_window_yet() -> None:
    shown = panel(facts(VMState.RUNNING, booting(Stage.WINDOW)), 112.0)
    assert shown.headline == "Waiting for its first window"
    assert shown.note == "Closing this leaves it running."


def test_one_that_failed_says_why() -> None:
    start = boots.finish(booting(), 112.0)
    lines = ("one", "two")
    reason = "QEMU exited with status 1; the console's last lines: one | two"
    told = facts(VMState.FAILED, start, reason, console=lines)
    shown = panel(told, 1000.0)
    assert (shown.headline, shown.tone) == ("Failed to start, after 12 s", "error")
    assert shown.detail == "QEMU exited with status 1"
    assert shown.lines == lines
    assert shown.buttons == (LOG, START, CLOSE)
    assert not is_live(told)
    quiet = panel(facts(VMState.FAILED, None, has_log=False), 0.0)
    assert quiet.detail == "No reason is known"
    assert quiet.buttons == (START, CLOSE)


def test_one_that_ran_and_failed_is_not_said_to_have_failed_to_start() -> None:
    start = boots.finish(booting(Stage.WINDOW), 112.0)
    assert panel(facts(VMState.FAILED, start, "x"), 0.0).headline == "Failed"


def test_when_there_is_something_to_show() -> None:
    over = boots.finish(booting(), 112.0)
    assert wanted(facts(VMState.STARTING, booting()))
    assert wanted(facts(VMState.RUNNING, booting()))
    assert not wanted(facts(VMState.RUNNING, booting(), shows_windows=False))
    assert not wanted(facts(VMState.RUNNING, over))
    assert wanted(facts(VMState.STOPPING, over))
    assert wanted(facts(VMState.FAILED, over))
    assert not wanted(facts(VMState.STOPPED, over))
    assert not wanted(facts(VMState.DEFINED))


def test_only_the_last_lines_and_none_too_long() -> None:
    console = [f"line {n}" for n in range(20)] + ["", "x" * 10_000]
    lines = panel(facts(VMState.STARTING, booting(), console=console), 105.0).lines
    assert lines[:-1] == tuple(f"line {n}" for n in range(21 - LINES, 20))
    assert len(lines[-1]) == 200


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("", ""),
        ("it broke", "it broke"),
        ("it broke; a | b", "it broke"),
        ("it broke; this is why; b", "it broke; this is why"),
        ("it broke; the console's last lines: x | y", "it broke"),
    ],
)
def test_lines_are_not_said_twice(reason: str, kept: str) -> None:
    assert without_console(reason, ("z", "a", "b")) == kept


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.9, "0 s"), (59.9, "59 s"), (60.0, "1 min"), (72.0, "1 min 12 s"), (4000, "66 min 40 s")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
