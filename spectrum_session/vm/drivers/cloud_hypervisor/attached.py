"""Machines in a cloud-hypervisor that somebody else runs: the host's own service manager.

Such a machine is listed, booted, shut down and shown, and nothing of it is the session's: it goes
on when the session ends. What it is doing is seen by looker.py. Its directory is the service
manager's, and what its cloud-hypervisor may have put there is never followed (place.py).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import replace

from spectrum_session.ipc.peer import peer
from spectrum_session.vm import model
from spectrum_session.vm.definition import Attachment, attachment
from spectrum_session.vm.drivers.machine import MachineSetup, MachineVM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest import waypipe_version
from spectrum_session.vm.guest.agent import AGENT_PORT, Agent
from spectrum_session.vm.guest.waypipe import LINK, WAYLAND_PORT
from spectrum_session.vm.model import VMState
from spectrum_session.vm.processes import sandbox
from spectrum_session.vm.processes.host_process import Exit, Process
from spectrum_session.vm.storage.remove import remove_tree

from . import console, crosvm
from .api import ApiError, Info, State, connect
from .looker import Looker
from .place import Place

NOTE = "run by the host: it goes on without the session"
"""In a VM's note."""

_AGAIN_S = 2.0
"""How long a service manager gets to start another cloud-hypervisor in the place of one that ended,
before the machine is called gone."""
_STOPPING_S = 0.5
"""While it is asked to end, it is looked at again after this: a guest that shuts down may tell
nobody."""
_SOCKET_TRIES, _SOCKET_PAUSE_S = 600, 0.05

_OFF = (State.CREATED, State.SHUTDOWN)
_GONE = (FileNotFoundError, ConnectionRefusedError, ConnectionResetError)


class Machine:
    """Stands for processes that are none of the session's."""

    def __init__(self, pid: int, turn_off: Callable[[], None]) -> None:
        """`pid`: of its cloud-hypervisor."""
        self.pid = pid
        self._turn_off = turn_off

    def ask(self) -> None:
        """Turn the machine off."""
        self._turn_off()

    def kill(self) -> None:
        """Turn the machine off."""
        self._turn_off()


class AttachedVM(MachineVM):
    """A guest in a cloud-hypervisor of somebody else's."""

    driver = "cloud-hypervisor"
    owned = False

    def __init__(
        self,
        setup: MachineSetup,
        open_socket: Callable[[], object],
    ) -> None:
        """`open_socket` makes the session listen on the VM's Wayland socket. Raises VMError when
        its name is not a VM name."""
        super().__init__(setup)
        self._say_note(NOTE)
        self._of_image = False
        self._open_socket = open_socket
        self._where: Attachment | None = None
        self._looker: Looker | None = None
        self._place: Place | None = None
        self._crosvm: Process | None = None
        self._crosvm_end = Exit(None)
        self._tasks: set[asyncio.Task[None]] = set()
        self._missing_since: float | None = None
        self._end = True, ""

    # --- what it is doing

    def watch(self) -> None:
        """Look at it, and again whenever something happens. One that runs is looked at where it is,
        whatever its definition says now."""
        definition = self._definition()
        where = attachment(definition) if definition is not None else None
        if where is None and definition is not None:
            # Of a place that may be one of several: nobody is there now.
            where = self._where
        runs = not self.status.state.ended and self._looker is not None
        if where == self._where or runs:
            return
        self.unwatch()
        self._where = where
        if where is None:
            return
        try:
            self._looker = Looker(where.api_socket, self._seen)
        except OSError as error:
            self._at_rest(False, f"{where.api_socket} cannot be watched: {error.strerror}")
            return
        self._looker.soon()

    def unwatch(self) -> None:
        """Look at it no longer."""
        self._where = None
        if self._looker is not None:
            self._looker.close()
            self._looker = None

    async def look(self) -> None:
        """Return when what is known of it is what it does now."""
        if self._looker is not None:
            await self._looker.look()

    async def _seen(self, answer: Info | ApiError) -> None:
        if self.status.state is VMState.STARTING:
            return
        if isinstance(answer, ApiError):
            self._heard_nothing(answer)
            return
        self._missing_since = None
        if answer.state is not State.RUNNING:
            off = answer.state in _OFF
            self._gone(off, "its machine is off" if off else f"its machine: {answer.state.value}")
        elif self.status.state.ended:
            await self._find_running(answer)
        elif self.status.state is VMState.STOPPING and self._looker is not None:
            self._looker.soon(_STOPPING_S)

    def _heard_nothing(self, error: ApiError) -> None:
        assert self._where is not None and self._looker is not None
        path = self._where.api_socket
        if not isinstance(error.__cause__, _GONE):
            self._gone(False, str(error))
        elif self.status.state.ended:
            # Why it failed is of more interest than that it is gone since.
            if self.status.state is not VMState.FAILED:
                self._at_rest(True, f"nobody runs it: {path} is not there")
        else:
            # Its service manager may be about to start another in its place.
            now = self._now()
            since = self._missing_since = self._missing_since or now
            if now - since < _AGAIN_S:
                self._looker.soon(_AGAIN_S / 2)
                return
            self._missing_since = None
            self._gone(False, "its cloud-hypervisor ended; the host's log of it may tell why")

    def _gone(self, well: bool, reason: str) -> None:
        """It does not run, or no longer."""
        if self.status.state.ended:
            self._at_rest(well, reason)
            return
        self._end = well, reason
        for process in list(self._processes.values()):
            if isinstance(process, Machine):
                self._exited(process, Exit(None))
        self.watch()
        if self._looker is not None:
            # Its service manager may have another ready already.
            self._looker.soon()

    def _at_rest(self, well: bool, reason: str) -> None:
        state = VMState.STOPPED if well else VMState.FAILED
        if (self.status.state, self.status.reason) != (state, reason):
            self._begin_anew()
            self._apply(model.FoundEnded(self._now(), well, reason))

    def _begin_anew(self) -> None:
        """Others lead its life too: while it is at rest it may become anything."""
        self._life = model.Life(replace(self.status, state=VMState.DEFINED, pids=()))

    async def _find_running(self, info: Info) -> None:
        """It runs, and it was not this session that booted it."""
        try:
            process = self._monitor_process()
            self._open_socket()
            self._begin_anew()
            self._ended.clear()
            now = self._now()
            self._apply(model.Found(now, now, (process.pid,), True, "it ran already"))
            self._open_log("runs already, and is connected to")
        except (OSError, VMError) as error:
            self._at_rest(False, f"it runs, but: {getattr(error, 'strerror', None) or error}")
            return
        try:
            await self._connect(info, booted=True)
        except (OSError, VMError) as error:
            # It runs all the same; only nothing of it can be shown.
            text = getattr(error, "strerror", None) or str(error)
            self._say_note(f"{NOTE}; not connected: {text}")
            self._on_change(self.status)

    # --- its life

    async def _boot(self) -> None:
        self.watch()
        if self._definition() is None:
            raise VMError("removed from the configuration")
        if self._looker is None:
            raise VMError("it cannot be watched: the host has no inotify left for it")
        client = self._looker.client
        try:
            info = await client.info()
        except ApiError as error:
            if isinstance(error.__cause__, _GONE):
                text = f"nobody runs it: its service, which is the host's, makes {client.path}"
            elif error.status == 404:
                text = "its cloud-hypervisor has no machine that could be booted"
            else:
                raise
            raise VMError(text) from error
        booted = info.state is State.RUNNING
        if not booted and info.state not in _OFF:
            raise VMError(f"its machine is in the state {info.state.value}: it cannot be booted")
        self._say_note(NOTE)
        self._open_log("runs already, and is connected to" if booted else "is booted")
        try:
            await self._connect(info, booted)
            if not booted:
                await client.boot()
                await self._lead_console()
            self._apply(model.Spawned(self._now(), self._monitor_process().pid))
        except OSError as error:
            raise VMError(f"its sockets: {error.strerror or error}") from error
        self._came_up()

    def _monitor_process(self) -> Machine:
        """Its cloud-hypervisor, as the kernel knows it. Raises OSError."""
        assert self._where is not None
        with connect(self._where.api_socket) as connection:
            process = Machine(peer(connection).pid, self._turn_machine_off)
        self._processes[process.pid] = process
        return process

    def _ask(self, process: Process) -> None:
        if process is self._crosvm:
            return
        super()._ask(process)
        if self._looker is not None:
            self._looker.soon(_STOPPING_S)

    def _turn_off(self, process: Process) -> None:
        self._in_background(self._press_button(process))

    async def _press_button(self, process: Process) -> None:
        assert self._looker is not None
        try:
            await self._looker.client.power_button()
        except ApiError:
            process.kill()

    def _turn_machine_off(self) -> None:
        self._in_background(self._shut_down())

    async def _shut_down(self) -> None:
        if self._looker is None:
            return
        try:
            await self._looker.client.shutdown()
        except ApiError as error:
            # Its monitor is not ours to kill.
            self._gone(False, f"it cannot be turned off: {error}")
        else:
            self._gone(True, "its machine is off")

    def _in_background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _exited(self, process: Process, end: Exit) -> None:
        del self._processes[process.pid]
        if process is self._crosvm:
            self._crosvm, self._crosvm_end = None, end
            if self._log is not None:
                self._log.say(f"--- crosvm {end}: windows come no more until it is booted again")
            return
        if self._log is not None:
            self._log.say(f"--- {self._end[1]}")
        well, reason = self._judge(end)
        self._apply(model.Exited(self._now(), process.pid, well, reason))

    def _why_it_ended(self, end: Exit) -> tuple[bool, str]:
        return self._end

    # --- sessions before and after this one

    def leave(self, keep: bool) -> bool:
        """Let it go on, in any case: it is the host's."""
        self.unwatch()
        self._release()
        remove_tree(self._directory)
        return True

    async def _attach(self, tools: sandbox.Tools) -> None:
        raise VMError("it is found by looking, not by what an earlier session noted")

    # --- its ways out

    async def _connect(self, info: Info, booted: bool) -> None:
        """Lead the machine's ways out to the session. Raises OSError or VMError."""
        definition = self._definition()
        assert self._where is not None and definition is not None and self._log is not None
        tools = sandbox.find_tools()
        problem = sandbox.namespaces_problem(sandbox.read_sysctl)
        if problem:
            raise VMError(problem)
        self._make_directories(tools)
        sandbox.hand_over(tools, self.name, self._socket)
        self._place = Place(self._where.api_socket.parent)
        if definition.transport != "cross-domain":
            vsock = info.config.vsock.socket if info.config.vsock is not None else ""
            name = self._name_of(vsock, "vsock")
            self._start_waypipe(tools)
            await self._waypipe_is_there()
            self._place.link(f"{name}_{WAYLAND_PORT}", self._transport / LINK)
            await self._listen_at(self._place.claim(f"{name}_{AGENT_PORT}"))
        elif not booted:
            # One that runs already was given a graphics device when it was booted.
            found = info.config.gpu[0].socket if info.config.gpu else ""
            await self._start_crosvm(tools, self._name_of(found, "graphics device"))
        if booted:
            await self._lead_console()

    def _name_of(self, path: str, what: str) -> str:
        """The name of one of its sockets, which must be where its API is: elsewhere it would be
        another machine's. Raises VMError."""
        assert self._place is not None
        if not self._place.holds(path):
            where = f"at {path[:200]!r}, not in {self._place.directory}" if path else "missing"
            raise VMError(f"its {what} is {where}")
        return Path(path).name

    async def _listen_at(self, path: Path) -> None:
        """Wait for the guest's agent. Raises OSError."""
        assert self._where is not None
        self._host_waypipe = await waypipe_version.on_host()
        self._agent = Agent(path, self._staged)
        await self._agent.listen()
        if os.getuid() == 0:
            # Who runs the machine must be able to connect.
            owner = self._where.api_socket.stat(follow_symlinks=False)
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    async def _start_crosvm(self, tools: sandbox.Tools, name: str) -> None:
        assert self._log is not None and self._place is not None
        # What waypipe would write to is crosvm's here.
        directory = self._transport
        process = crosvm.start(
            tools, self.name, self._log, self._socket, directory, self._exited
        )
        self._crosvm = self._processes[process.pid] = process
        for _ in range(_SOCKET_TRIES):
            # First of all: one that ended may have left its socket behind.
            if self._crosvm is None:
                raise VMError(f"crosvm, which brings its windows, {self._crosvm_end}")
            if (directory / crosvm.SOCKET).is_socket():
                self._place.link(name, directory / crosvm.SOCKET)
                return
            await asyncio.sleep(_SOCKET_PAUSE_S)
        raise VMError("crosvm does not make its socket")

    async def _lead_console(self) -> None:
        """Lead the machine's terminal to its console. A machine without one can do without."""
        assert self._looker is not None
        try:
            await console.lead(self._looker.client, self._carry)
        except VMError as error:
            if self._log is not None:
                self._log.say(f"--- {error}")

    def _disconnect(self) -> None:
        if self._place is not None:
            self._place.close()
            self._place = None
        if self._crosvm is not None:
            self._crosvm.kill()
        for task in list(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()
        super()._disconnect()
