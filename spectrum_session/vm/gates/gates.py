"""All gates of the session: one for each VM whose socket is open.

A VM's listening socket is bound here and accepted on by the gate alone. When a gate dies the VM's
clients go with it, and another is started on the same socket, sooner or later (see `backoff`).
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from spectrum_session.gate.policy import Policy
from spectrum_session.ipc.listening import listening_socket
from spectrum_session.ipc.peer import peer
from spectrum_session.logs.line import of_vm
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.processes import sandbox, users

from . import command
from .backoff import Backoff
from .messages import Message, plain
from .process import GateProcess

log = logging.getLogger(__name__)

ANSWER_S = 2.0
"""How long a gate gets to answer a question."""
ENTRY = "from spectrum_session.gate.process import main; main()"

Connect = Callable[[str, int, int], "socket.socket | None"]


class VMGate:
    """The gate of one VM, through all its restarts."""

    def __init__(self, gates: Gates, name: str, path: Path) -> None:
        """Bind the VM's socket and start the first one. Raises OSError or VMError."""
        self.name = name
        self.path = path
        self.restarts = 0
        self.process: GateProcess | None = None
        self.last_end = ""
        """How the last one ended that did; empty when none did."""
        self._gates = gates
        self._backoff = Backoff()
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._questions: dict[int, asyncio.Future[Message]] = {}
        self._asked = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(path.parent, 0o700)
        self._listener = listening_socket(path)
        try:
            self._start()
        except VMError:
            self._listener.close()
            path.unlink(missing_ok=True)
            raise

    def _start(self) -> None:
        tools = sandbox.find_tools()
        problem = sandbox.namespaces_problem(sandbox.read_sysctl)
        if problem:
            raise VMError(f"{self.name}: its gate cannot start: {problem}")
        self.process = GateProcess(
            functools.partial(_build, tools, users.gate(self.name)),
            self._listener,
            self._gates.policy_of(self.name).to_json(),
            self._said,
            self._died,
            self.name,
        )

    def close(self) -> None:
        """The VM's socket is no more; its gate ends."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._listener.close()
        self.path.unlink(missing_ok=True)
        if self.process is not None:
            self.process.kill("")
        self._forget_questions("the VM has ended")

    def update(self) -> None:
        """Policy may be another by now."""
        if self.process is not None:
            self.process.send({"policy": self._gates.policy_of(self.name).to_json()})

    async def ask(self, what: str) -> Message:
        """Ask for "status" or "describe". Raises VMError when no answer comes."""
        if self.process is None or self.process.pid is None:
            raise VMError(f"{self.name}: its gate does not run")
        self._asked += 1
        number = self._asked
        answer = self._questions[number] = asyncio.get_running_loop().create_future()
        self.process.send({"ask": number, "what": what})
        try:
            return await asyncio.wait_for(answer, ANSWER_S)
        except asyncio.TimeoutError:
            raise VMError(f"{self.name}: its gate does not answer") from None
        finally:
            self._questions.pop(number, None)

    @property
    def restart_in_s(self) -> float | None:
        """Seconds until another is started, after one that died; None when one runs."""
        if self._timer is None:
            return None
        return max(0.0, self._timer.when() - asyncio.get_running_loop().time())

    def _forget_questions(self, why: str) -> None:
        for question in self._questions.values():
            if not question.done():
                question.set_exception(VMError(f"{self.name}: {why}"))

    def _said(
        self, process: GateProcess, message: Message, beside: socket.socket | None
    ) -> None:
        if self._closed:
            if beside is not None:
                beside.close()
            return
        if message.connect is not None:
            self._connect(process, message.connect, beside)
        elif beside is not None:
            beside.close()
        if message.ready is not None:
            took = (time.monotonic() - process.started) * 1000
            log.info(
                "its gate is ready after %.0f ms, pid %s: %s",
                took,
                process.pid,
                ", ".join(process.features) or "nothing but the namespaces",
                extra=of_vm(self.name),
            )
            self._gates.on_change(self.name)
        if message.refused is not None:
            self._gates.refused(self.name, message.refused.kind, message.refused.text,
                                message.refused.count)
        if message.answer is not None:
            question = self._questions.get(message.answer)
            if question is not None and not question.done():
                question.set_result(message)

    def _connect(
        self, process: GateProcess, number: int, client: socket.socket | None
    ) -> None:
        pid, uid = 0, 0
        if client is not None:
            with client:
                try:
                    pid, uid, _ = peer(client)
                except OSError:
                    pid, uid = 0, 0
        theirs = self._gates.connect(self.name, pid, uid)
        process.send({"connected": number, "pid": pid}, theirs)
        if theirs is not None:
            theirs.close()

    def _died(self, process: GateProcess, how: str, lines: list[str]) -> None:
        self.process = None
        self._forget_questions("its gate ended")
        if self._closed:
            return
        self.last_end = "; ".join([how, *lines])
        self._gates.disconnect(self.name)
        self._backoff, delay = self._backoff.died(time.monotonic() - process.started)
        log.error(
            "its gate ended, and its windows with it: %s; another starts in %.1f s",
            self.last_end,
            delay,
            extra=of_vm(self.name),
        )
        self._timer = asyncio.get_running_loop().call_later(delay, self._restart)
        self._gates.on_death(self.name, how)

    def _restart(self) -> None:
        self._timer = None
        self.restarts += 1
        try:
            self._start()
        except VMError as error:
            self._backoff, delay = self._backoff.died(0.0)
            self.last_end = str(error)
            log.error(
                "%s; the next try is in %.1f s", error, delay, extra=of_vm(self.name)
            )
            self._timer = asyncio.get_running_loop().call_later(delay, self._restart)


class Gates:
    """The gates by VM."""

    def __init__(
        self,
        policy_of: Callable[[str], Policy],
        connect: Connect,
        disconnect: Callable[[str], None],
        on_change: Callable[[str], None],
        on_death: Callable[[str, str], None],
    ) -> None:
        """`connect(vm, pid, uid)` makes a connection of a VM and gives the end for its gate;
        `disconnect(vm)` drops all of them; `on_change(vm)` hears of a gate that is ready,
        `on_death(vm, how)` of one that is no more."""
        self.policy_of = policy_of
        self.connect = connect
        self.disconnect = disconnect
        self.on_change = on_change
        self.on_death = on_death
        self._gates: dict[str, VMGate] = {}

    def open(self, name: str, path: Path) -> None:
        """Open a VM's socket and start its gate. Raises OSError or VMError."""
        self._gates[name] = VMGate(self, name, path)

    def is_open(self, name: str) -> bool:
        """Is a VM's socket open?"""
        return name in self._gates

    def __iter__(self) -> Iterator[VMGate]:
        return iter([self._gates[name] for name in sorted(self._gates)])

    def get(self, name: str) -> VMGate | None:
        """The gate of a VM whose socket is open."""
        return self._gates.get(name)

    def close(self, name: str) -> None:
        """Close a VM's socket and end its gate. None that is open is no error."""
        gate = self._gates.pop(name, None)
        if gate is not None:
            gate.close()

    def close_all(self) -> None:
        """The session ends."""
        for name in list(self._gates):
            self.close(name)

    def update(self) -> None:
        """Tell every gate its policy anew."""
        for gate in self._gates.values():
            gate.update()

    def refused(self, name: str, kind: str, text: str, count: int) -> None:
        """Log what a gate refused."""
        times = f" ({count} times)" if count > 1 else ""
        log.warning("refused: %s%s", plain(text), times, extra=of_vm(name))


def _build(tools: sandbox.Tools, user: int, fds: tuple[str, ...]) -> list[str]:
    return command.build(
        tools,
        command.Interpreter.running(),
        command.package_directory(),
        entry=ENTRY,
        user=user,
        arguments=fds,
    )
