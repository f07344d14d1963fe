"""The panel of a placeholder: state, progress and console of a VM's start. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spectrum_session.labels.placeholder import Button, Panel, shown_lines
from spectrum_session.vm import boot_stages as boots
from spectrum_session.vm.boot_stages import Boot, Stage, Verdict
from spectrum_session.vm.model import VMState, VMStatus

LINES = 6
"""Of the console, the last."""

LOG = Button("log", "Show log", "L")
KILL = Button("kill", "Kill", "K")
START = Button("start", "Start again", "S")
CLOSE = Button("close", "Close", "Escape")

CONSOLE = "; the console's last lines: "
"""Separates a VM's reason from lines that the panel shows in their own box."""

_AT = {
    Stage.MACHINE: "Starting the machine",
    Stage.KERNEL: "Starting the kernel",
    Stage.DRIVERS: "Loading drivers",
    Stage.ROOT: "Opening its disk",
    Stage.USER_SPACE: "Starting user space",
    Stage.TRANSPORT: "Connecting its windows",
    Stage.PROGRAM: "Starting its program",
    Stage.WINDOW: "Waiting for its first window",
}
_WITHOUT_MACHINE = {Stage.MACHINE: "Starting its sandbox"}


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that a panel shows of a VM."""

    name: str
    """As its label has it."""
    status: VMStatus
    boot: Boot | None
    console: Sequence[str]
    has_log: bool
    shows_windows: bool
    """Is there a window to wait for, once it runs?"""


def wanted(facts: Facts) -> bool:
    """Does a VM without a window need a placeholder?"""
    state = facts.status.state
    if state is VMState.RUNNING:
        return facts.shows_windows and facts.boot is not None and facts.boot.ended is None
    return state in (VMState.STARTING, VMState.STOPPING, VMState.FAILED)


def is_live(facts: Facts) -> bool:
    """Does the panel change with time?"""
    return facts.status.state is not VMState.FAILED


def panel(facts: Facts, now: float) -> Panel:
    """The panel at a time of the monotonic clock."""
    state = facts.status.state
    if state is VMState.FAILED:
        return _failed(facts)
    lines = shown_lines(facts.console, LINES)
    log = (LOG,) if facts.has_log else ()
    boot = facts.boot
    if state is VMState.STOPPING or boot is None:
        text = "Stopping" if state is VMState.STOPPING else "Starting"
        return Panel(facts.name, text, lines=lines, room=LINES, buttons=(*log, KILL))
    if boot.stage is Stage.WAITING:
        return Panel(
            facts.name,
            sentence(facts.status.reason),
            clock=clock(boot, now),
            note=_note(state),
        )
    sentences = _AT if boot.stages == boots.MACHINE_STAGES else {**_AT, **_WITHOUT_MACHINE}
    headline = sentences[boot.stage]
    verdict = boots.judge(boot, now)
    if verdict is Verdict.SILENT:
        headline = f"{headline}: nothing heard for {duration(now - boot.heard)}"
    elif verdict is Verdict.LATE:
        headline = f"{headline}: it takes much longer than usual"
    well = verdict is Verdict.GOOD
    return Panel(
        facts.name,
        headline,
        "calm" if well else "warning",
        clock=clock(boot, now),
        parts=tuple((part.share, _step(part.done)) for part in boots.progress(boot, now)),
        lines=lines,
        room=LINES,
        buttons=log if well else (*log, KILL),
        note=_note(state),
    )


def _note(state: VMState) -> str:
    if state is VMState.RUNNING:
        return "Closing this leaves it running."
    return "Closing this stops it."


def _step(done: float) -> float:
    # Hundredths: finer steps are invisible, and each would be a picture of its own.
    return round(done, 2)


def _failed(facts: Facts) -> Panel:
    boot = facts.boot
    headline = "Failed"
    if boot is not None and boot.ended is not None and boot.stage is not Stage.WINDOW:
        spent = boot.elapsed(boot.ended)
        headline = f"Failed to start, after {duration(spent)}" if spent >= 1 else "Failed to start"
    lines = shown_lines(facts.console, LINES)
    reason = without_console(facts.status.reason, facts.console)
    return Panel(
        facts.name,
        headline,
        "error",
        detail=sentence(reason or "no reason is known"),
        lines=lines,
        buttons=(*((LOG,) if facts.has_log else ()), START, CLOSE),
    )


def clock(boot: Boot, now: float) -> str:
    """The time since the start, and the expected time."""
    spent = duration(boot.elapsed(now))
    if boot.expected is None:
        return spent
    return f"{spent} of about {duration(max(1.0, boot.expected.total_s))}"


def duration(seconds: float) -> str:
    """Whole seconds, as users read them."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def without_console(reason: str, console: Sequence[str]) -> str:
    """A reason without the console's lines that it ends with."""
    reason = reason.partition(CONSOLE)[0]
    for count in range(len(console), 0, -1):
        for before in ("; ", " | "):
            tail = before + " | ".join(console[-count:])
            if reason.endswith(tail):
                return reason[: -len(tail)]
    return reason


def sentence(text: str) -> str:
    """With a capital letter, as it stands alone here."""
    return text[:1].upper() + text[1:]
