"""The life of a VM as a pure state machine: events in, the next life and commands out.

No clock, no process: times come with the events, in seconds of any monotonic clock, and the
caller carries the commands out.

    defined ──→ starting ──→ running ──→ stopping ──→ stopped
                   │            ├────────────────────→ stopped   (its last program ended well)
                   └────────────┴────────────────────→ failed    (it did not)

`stopped` and `failed` start again as `defined` does. What an earlier session started is found again
while nothing runs: it is what it was, or has ended since.
"""

from __future__ import annotations

from enum import Enum

import msgspec
from msgspec.structs import replace


class VMState(Enum):
    """The state of a VM; the value is shown to the user and part of the control protocol."""

    DEFINED = "defined"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Nothing of the VM runs."""
        return self in (VMState.DEFINED, VMState.STOPPED, VMState.FAILED)


LEGAL: dict[VMState, frozenset[VMState]] = {
    VMState.DEFINED: frozenset(
        {VMState.STARTING, VMState.RUNNING, VMState.STOPPED, VMState.FAILED}
    ),
    VMState.STARTING: frozenset(
        {VMState.RUNNING, VMState.STOPPING, VMState.STOPPED, VMState.FAILED}
    ),
    VMState.RUNNING: frozenset({VMState.STOPPING, VMState.STOPPED, VMState.FAILED}),
    VMState.STOPPING: frozenset({VMState.STOPPED, VMState.FAILED}),
    VMState.STOPPED: frozenset({VMState.STARTING}),
    VMState.FAILED: frozenset({VMState.STARTING}),
}
"""The only ways from one state to another."""


class VMStatus(msgspec.Struct, frozen=True):
    """The status of a VM: `since` is when the state began, in monotonic seconds.

    `reason` is one line on why the state is what it is. `pids` are the driver's processes on the
    host, in the order in which they started. `note` is what the user must know of the driver at
    all times.
    """

    state: VMState = VMState.DEFINED
    since: float = 0.0
    reason: str = "not started yet"
    pids: tuple[int, ...] = ()
    note: str = ""


# Events. `at` is when it happened, in monotonic seconds, and never goes back.


class WaitRequested(msgspec.Struct, frozen=True):
    """Start it once something else runs; answer with StartRequested or LaunchFailed."""

    at: float
    reason: str
    """What it waits for."""


class StartRequested(msgspec.Struct, frozen=True):
    at: float


class Spawned(msgspec.Struct, frozen=True):
    """A process of the VM has started."""

    at: float
    pid: int


class Ready(msgspec.Struct, frozen=True):
    """The start has succeeded."""

    at: float


class LaunchFailed(msgspec.Struct, frozen=True):
    """The start has failed."""

    at: float
    reason: str


class Exited(msgspec.Struct, frozen=True):
    """A process ended; `reason` says how, `well`: that is how it should end."""

    at: float
    pid: int
    well: bool
    reason: str


class StopRequested(msgspec.Struct, frozen=True):
    """Ask the VM to stop; what is still there `deadline_s` seconds later is killed."""

    at: float
    deadline_s: float


class KillRequested(msgspec.Struct, frozen=True):
    at: float


class DeadlinePassed(msgspec.Struct, frozen=True):
    """The time of the last `SetDeadline` has come."""

    at: float


class Found(msgspec.Struct, frozen=True):
    """It runs since an earlier session: `since` it is what it is, `ready` is whether its start was
    finished. One that was not is finished as any other."""

    at: float
    since: float
    pids: tuple[int, ...]
    ready: bool
    reason: str


class FoundEnded(msgspec.Struct, frozen=True):
    """It was started by an earlier session, and has ended since."""

    at: float
    well: bool
    reason: str


Event = (
    WaitRequested
    | StartRequested
    | Spawned
    | Ready
    | LaunchFailed
    | Exited
    | StopRequested
    | KillRequested
    | DeadlinePassed
    | Found
    | FoundEnded
)


# Commands.


class Launch(msgspec.Struct, frozen=True):
    """Start what the VM consists of; answer with Spawned…, then Ready or LaunchFailed."""


class Ask(msgspec.Struct, frozen=True):
    """Ask these processes to end."""

    pids: tuple[int, ...]


class Kill(msgspec.Struct, frozen=True):
    """End these processes now."""

    pids: tuple[int, ...]


class SetDeadline(msgspec.Struct, frozen=True):
    """Send DeadlinePassed at this time, and at no other; None: send none."""

    at: float | None


class Refuse(msgspec.Struct, frozen=True):
    """The request is not possible in this state; nothing changed."""

    reason: str


Command = Launch | Ask | Kill | SetDeadline | Refuse
Commands = tuple[Command, ...]


class Life(msgspec.Struct, frozen=True):
    """A VM's status and what decides its next one."""

    status: VMStatus = VMStatus()
    deadline: float | None = None
    """While stopping: when what is left is killed."""
    outcome: tuple[VMState, str] = (VMState.STOPPED, "")
    """While stopping: what it ends as, and why."""
    launching: bool = False
    """A Launch is out that has been answered with neither Ready nor LaunchFailed."""
    waiting: bool = False
    """While starting: it waits for something else, and nothing of it is there."""


def step(life: Life, event: Event) -> tuple[Life, Commands]:
    """What becomes of a life through one event, and what is to be done about it.

    An event that comes too late (an exit already accounted for, a deadline of an earlier stop)
    changes nothing; a request that makes no sense is answered with Refuse.
    """
    if isinstance(event, WaitRequested):
        return _wait(life, event)
    if isinstance(event, StartRequested):
        return _start(life, event)
    if isinstance(event, Spawned):
        return _spawned(life, event)
    if isinstance(event, Ready):
        return _ready(life, event)
    if isinstance(event, LaunchFailed):
        return _launch_failed(life, event)
    if isinstance(event, Exited):
        return _exited(life, event)
    if isinstance(event, StopRequested):
        return _stop(life, event)
    if isinstance(event, KillRequested):
        return _kill(life, event)
    if isinstance(event, Found):
        return _found(life, event)
    if isinstance(event, FoundEnded):
        return _found_ended(life, event)
    return _deadline(life, event)


def _enter(life: Life, state: VMState, at: float, reason: str) -> Life:
    return replace(life, status=replace(life.status, state=state, since=at, reason=reason))


def _end(life: Life, state: VMState, at: float, reason: str) -> tuple[Life, Commands]:
    disarm: Commands = () if life.deadline is None else (SetDeadline(None),)
    return _enter(replace(life, deadline=None, waiting=False), state, at, reason), disarm


def _no_start(life: Life) -> Commands:
    """Commands that answer a start which is impossible now; none when it is possible."""
    state = life.status.state
    # A launch that its VM did not outlive must be answered first: its processes would be taken
    # for those of the new start.
    if state.ended and life.launching:
        return (Refuse("its last start is not over yet"),)
    return () if state.ended else (Refuse(f"it is {state.value}"),)


def _wait(life: Life, event: WaitRequested) -> tuple[Life, Commands]:
    refused = _no_start(life)
    if refused:
        return life, refused
    return _enter(replace(life, waiting=True), VMState.STARTING, event.at, event.reason), ()


def _start(life: Life, event: StartRequested) -> tuple[Life, Commands]:
    refused = () if life.waiting else _no_start(life)
    if refused:
        return life, refused
    at = life.status.since if life.waiting else event.at
    life = replace(life, launching=True, waiting=False)
    return _enter(life, VMState.STARTING, at, "asked to start"), (Launch(),)


def _found(life: Life, event: Found) -> tuple[Life, Commands]:
    if life.status.state is not VMState.DEFINED:
        return life, (Refuse(f"it is {life.status.state.value}"),)
    state = VMState.RUNNING if event.ready else VMState.STARTING
    life = replace(life, launching=not event.ready, status=replace(life.status, pids=event.pids))
    return _enter(life, state, event.since, event.reason), ()


def _found_ended(life: Life, event: FoundEnded) -> tuple[Life, Commands]:
    if life.status.state is not VMState.DEFINED:
        return life, (Refuse(f"it is {life.status.state.value}"),)
    state = VMState.STOPPED if event.well else VMState.FAILED
    return _enter(life, state, event.at, event.reason), ()


def _spawned(life: Life, event: Spawned) -> tuple[Life, Commands]:
    status = life.status
    if status.state.ended or life.waiting:
        return life, (Kill((event.pid,)),)
    grown = replace(life, status=replace(status, pids=(*status.pids, event.pid)))
    if status.state is not VMState.STOPPING:
        return grown, ()
    if life.deadline is None:
        return grown, (Kill((event.pid,)),)
    return grown, (Ask((event.pid,)),)


def _ready(life: Life, event: Ready) -> tuple[Life, Commands]:
    life = replace(life, launching=False)
    if life.status.state is VMState.STARTING and not life.waiting:
        return _enter(life, VMState.RUNNING, event.at, "it is up"), ()
    return _end_if_empty(life, event.at)


def _launch_failed(life: Life, event: LaunchFailed) -> tuple[Life, Commands]:
    life = replace(life, launching=False)
    status = life.status
    if status.state is not VMState.STARTING:
        return _end_if_empty(life, event.at)
    if not status.pids:
        return _end(life, VMState.FAILED, event.at, event.reason)
    half = _enter(life, VMState.STOPPING, event.at, event.reason)
    return replace(half, outcome=(VMState.FAILED, event.reason)), (Kill(status.pids),)


def _end_if_empty(life: Life, at: float) -> tuple[Life, Commands]:
    """Finish stopping once no process is left and none can come."""
    status = life.status
    if status.state is not VMState.STOPPING or status.pids or life.launching:
        return life, ()
    return _end(life, life.outcome[0], at, life.outcome[1])


def _exited(life: Life, event: Exited) -> tuple[Life, Commands]:
    status = life.status
    if event.pid not in status.pids:
        return life, ()
    left = tuple(pid for pid in status.pids if pid != event.pid)
    life = replace(life, status=replace(status, pids=left))
    if status.state is VMState.STOPPING:
        return _end_if_empty(life, event.at)
    if left:
        return life, ()
    state = VMState.STOPPED if event.well else VMState.FAILED
    return _end(life, state, event.at, event.reason)


def _stop(life: Life, event: StopRequested) -> tuple[Life, Commands]:
    status = life.status
    if status.state.ended:
        return life, ()
    deadline = event.at + max(0.0, event.deadline_s)
    if status.state is VMState.STOPPING:
        # Who asks again may shorten the wait, never lengthen it, and a kill is not taken back.
        if life.deadline is None or life.deadline <= deadline:
            return life, ()
        return replace(life, deadline=deadline), (SetDeadline(deadline),)
    outcome = (VMState.STOPPED, "stopped on request")
    if not status.pids and not life.launching:
        return _end(life, outcome[0], event.at, outcome[1])
    stopping = _enter(life, VMState.STOPPING, event.at, "asked to stop")
    return (
        replace(stopping, deadline=deadline, outcome=outcome),
        (Ask(status.pids), SetDeadline(deadline)),
    )


def _kill(life: Life, event: KillRequested) -> tuple[Life, Commands]:
    status = life.status
    if status.state.ended:
        return life, ()
    if not status.pids and not life.launching:
        return _end(life, VMState.STOPPED, event.at, "killed on request")
    disarm: Commands = () if life.deadline is None else (SetDeadline(None),)
    if status.state is not VMState.STOPPING:
        life = _enter(life, VMState.STOPPING, event.at, "asked to end at once")
    # Once a kill is under way, why it is stays: a failed start ends as failed.
    if status.state is not VMState.STOPPING or life.deadline is not None:
        life = replace(life, outcome=(VMState.STOPPED, "killed on request"), deadline=None)
    return life, (*disarm, Kill(status.pids))


def _deadline(life: Life, event: DeadlinePassed) -> tuple[Life, Commands]:
    status = life.status
    if status.state is not VMState.STOPPING or life.deadline is None or event.at < life.deadline:
        return life, ()
    late = (VMState.STOPPED, "killed: it had not stopped when its deadline passed")
    return replace(life, deadline=None, outcome=late), (Kill(status.pids),)
