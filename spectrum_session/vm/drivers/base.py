"""A VM, whatever runs it: drives the model of its life and its processes."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from spectrum_session.vm import boot_stages as boot
from spectrum_session.vm import model
from spectrum_session.vm.boot_stages import Boot, Stage, Times
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest.program import Program
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.model import VMStatus
from spectrum_session.vm.names import check_name
from spectrum_session.vm.processes.host_process import Exit, Process
from spectrum_session.vm.storage.record import Record

CONSOLE_LINES = 8
"""How many of the console's last lines are kept to be shown."""


class BaseVM(ABC):
    """Drives the pure life of `model` and carries out what it commands.

    All of it belongs to one asyncio loop. `on_change` is called from that loop with every new
    status; it must not block.
    """

    driver: str
    """What the configuration calls this kind of VM."""

    stop_deadline_s = 5.0
    """How long it gets to stop before it is killed, unless told otherwise."""
    owned = True
    """The session runs it. Otherwise the host does, and it goes on without the session."""
    problem = ""
    """Why no start of it can succeed; "" when one can."""
    stages: tuple[Stage, ...] = boot.PROGRAM_STAGES
    """The stages of its start."""

    def __init__(
        self, name: str, log: Path, on_change: Callable[[VMStatus], None], note: str
    ) -> None:
        """`log`: the file that takes its output. Raises VMError when `name` is not a VM name."""
        self.name = check_name(name)
        self._log_path = log
        self._log: VMLog | None = None
        self._last_lines: list[str] = []
        self.boot: Boot | None = None
        """The start that is under way, or the last one; None before the first."""
        self.expected: Callable[[], Times | None] = lambda: None
        """Returns how long a start will take."""
        self.on_stage: Callable[[], None] = lambda: None
        """Called from the loop when a start comes to another stage."""
        self._on_change = on_change
        self._life = model.Life(VMStatus(since=time.monotonic(), note=note))
        self._processes: dict[int, Process] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._ended = asyncio.Event()

    @property
    def status(self) -> VMStatus:
        """Its present status; `since` is a time of time.monotonic()."""
        return self._life.status

    @property
    def waits(self) -> bool:
        """It is starting, and waits for something else to run (`wait`)."""
        return self._life.waiting

    def wait(self, reason: str) -> None:
        """Have it wait, as starting: `start` goes on, `give_up` ends it, and so do stop and kill.

        Raises VMError when it is not at rest.
        """
        self._ended.clear()
        refused = self._apply(model.WaitRequested(self._now(), reason))
        if refused:
            raise self._error(f"cannot start, {refused}")

    def give_up(self, reason: str) -> None:
        """Fail it: what it waits for will not come."""
        self._apply(model.LaunchFailed(self._now(), reason))

    @property
    def last_lines(self) -> list[str]:
        """The last lines that it printed, of the present or the last run."""
        return self._log.tail(CONSOLE_LINES) if self._log is not None else self._last_lines

    def booted(self) -> None:
        """End its start, successful or not."""
        if self.boot is not None:
            self.boot = boot.finish(self.boot, self._now())
        if self._log is not None:
            self._log.listener = None

    def _reach(self, stage: Stage) -> None:
        """Move its start on to a stage."""
        if self.boot is not None:
            self._went_on(boot.reach(self.boot, stage, self._now()))

    def _printed(self, text: str) -> None:
        if self.boot is not None:
            self._went_on(boot.printed(self.boot, text, self._now()))

    def _went_on(self, to: Boot) -> None:
        before, self.boot = self.boot, to
        if before is not None and before.stage is not to.stage:
            self.on_stage()

    @abstractmethod
    async def start(self, commands: Sequence[Sequence[str]] = ()) -> None:
        """Start it, and in it these commands. Returns when it runs; raises VMError."""

    @abstractmethod
    def spawn(self, argv: Sequence[str]) -> int:
        """Run one more program in the running VM. Raises VMError."""

    def run(self, argv: Sequence[str], streamed: bool = False) -> Program:
        """Start a program in the running VM and keep its output; `streamed`: deliver output as it
        arrives. Raises VMError, always where the driver cannot."""
        raise self._error(
            f"the {self.driver} driver keeps no output; start programs in it with spawn --vm"
        )

    async def open_console(self) -> None:
        """Open the console's window; returns when it shows the console.

        Raises ConsoleTakenError when it is open, VMError when it cannot be opened.
        """
        raise self._no_console()

    async def console_closed(self) -> None:
        """Return when the console's window is closed. Raises VMError when it can have none."""
        raise self._no_console()

    def console_pids(self) -> list[int]:
        """The processes on the host whose window is the console's; none while it is not open."""
        return []

    def _no_console(self) -> VMError:
        return self._error(f"the {self.driver} driver has no console")

    def watch(self) -> None:
        """Follow a machine that the host runs. There is nothing to follow of others."""
        return

    def unwatch(self) -> None:
        """Stop following it."""
        return

    async def look(self) -> None:
        """Return when its status is that of the machine that the host runs."""
        return

    def find(self, found: Record) -> bool:
        """Take over what an earlier session started; False when it has ended meanwhile.

        While True, `reattach` has to follow; nothing is connected yet. Raises VMError when this VM
        is not at rest, its log cannot be opened, or its driver leaves nothing behind.
        """
        raise self._error(f"the {self.driver} driver leaves nothing behind to be found")

    async def reattach(self, commands: Sequence[Sequence[str]] = ()) -> None:
        """Connect to what `find` took over, and start these commands in it as at its start, whose
        windows went with the earlier session. Returns when that is done. Raises VMError."""
        raise self._error("it was not found")

    def leave(self, keep: bool) -> bool:
        """Let it go on without this session, which ends, if it can; `keep`: if it is the session's
        own too. False when it has to be stopped."""
        return False

    def shutdown_deadline_s(self, deadline_s: float) -> float:
        """How long it gets when the session ends and gives its VMs `deadline_s`."""
        return deadline_s

    async def stop(self, deadline_s: float) -> None:
        """Ask it to end, kill it `deadline_s` seconds later, return when nothing of it is left.

        Stopping what does not run is no error.
        """
        self._apply(model.StopRequested(self._now(), deadline_s))
        await self.ended()

    def kill(self) -> None:
        """End it now; the status follows when it is gone."""
        self._apply(model.KillRequested(self._now()))

    async def ended(self) -> None:
        """Return when nothing of it runs."""
        if not self.status.state.ended:
            await self._ended.wait()

    def _say_note(self, note: str) -> None:
        """Set what the user must know of it at all times."""
        self._life = replace(self._life, status=replace(self._life.status, note=note))

    def _open_log(self, what: str = "starts") -> VMLog:
        self._log = VMLog(self._log_path)
        self._log.listener = self._printed
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        note = f" ({self.status.note})" if self.status.note else ""
        self._log.say(f"--- {stamp} VM {self.name} {what}{note}")
        return self._log

    def _say(self, line: str) -> None:
        """Write a line of the driver's own to the log, where that is open."""
        if self._log is not None:
            self._log.say(f"--- {line}")

    def _ask(self, process: Process) -> None:
        """Ask one of its processes to end, in the way that this kind of VM understands."""
        process.ask()

    def _exited(self, process: Process, end: Exit) -> None:
        """A process of it has ended: send that through the model."""
        del self._processes[process.pid]
        well, reason = self._judge(end)
        if not well:
            self._say(f"a program of VM {self.name} {end}")
        self._apply(model.Exited(self._now(), process.pid, well, reason))

    @abstractmethod
    def _judge(self, end: Exit) -> tuple[bool, str]:
        """Whether a process of it should end like that, and the reason in words."""

    def _apply(self, event: model.Event) -> str:
        """Send an event through the model and carry out what comes of it; the refusal, if any."""
        before, waited = self.status, self._life.waiting
        self._life, commands = model.step(self._life, event)
        refused = ""
        for command in commands:
            if isinstance(command, model.Refuse):
                refused = command.reason
            elif isinstance(command, model.SetDeadline):
                self._set_deadline(command.at)
            elif isinstance(command, (model.Ask, model.Kill)):
                self._signal(command)
        if self.status != before:
            self._follow(before.state, waited)
            self._settle()
            self._on_change(self.status)
        return refused

    def _follow(self, before: model.VMState, waited: bool) -> None:
        """Keep `boot` in step with the life; while it waited, nothing of it started."""
        state = self.status.state
        if state is before and waited is self._life.waiting:
            return
        if state is model.VMState.STARTING:
            self._last_lines = []
            if self._life.waiting:
                self.boot = boot.begin(boot.WAITING_STAGES, self._now())
            else:
                self.boot = boot.begin(self.stages, self._now(), self.expected())
        elif state is model.VMState.RUNNING:
            self._reach(Stage.WINDOW)
        else:
            self.booted()

    def _signal(self, command: model.Ask | model.Kill) -> None:
        for pid in command.pids:
            process = self._processes.get(pid)
            if process is None:
                continue
            if isinstance(command, model.Ask):
                self._ask(process)
            else:
                process.kill()

    def _set_deadline(self, at: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if at is not None:
            # A timer of the loop may fire a clock's tick early, and the model would ignore it.
            event = model.DeadlinePassed(at)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, at - self._now()), self._apply, event)

    def _settle(self) -> None:
        """Release what only a running VM needs, when nothing runs any more."""
        if not self.status.state.ended:
            return
        if self._log is not None:
            self._log.say(f"--- VM {self.name}: {self.status.state.value}")
            self._last_lines = self._log.tail(CONSOLE_LINES)
            self._log.close()
            self._log = None
        self._ended.set()

    def _error(self, text: str) -> VMError:
        return VMError(f"{self.name}: {text}")

    @staticmethod
    def _now() -> float:
        return time.monotonic()
