"""Descriptors in flight, which the kernel counts for each user of the host and not for each VM: a
VM that leaves them unread must not keep other VMs and the host's programs from sending any."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from spectrum_session.gate.flight import TO_CLIENTS, TO_COMPOSITOR
from tests.session.ordinary_user import in_flight
from tests.wire import Client, Seat

from .stage import Stage, ask_for_keyboards, memory

MANY, SOME, FEW = 1000, 40, 3
"""wl_keyboards of one client: more than a VM may have, as many as it may have in three clients, and
so few that their keymaps are sent at once."""
TO_SESSION = 4
"""To the session itself, for clients that come."""
MOMENTARY = TO_CLIENTS + TO_COMPOSITOR + 16
"""With what is under way for a moment between the compositor and the gates."""


def _uid(pid: int) -> int:
    found = re.search(r"Uid:\t(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1])


def _gates_user(stage: Stage) -> int:
    return _uid(stage.session.gate_pids("attacker")[-1])


def _stays_below(stage: Stage, most: int) -> None:
    """No more than so many of the user's that the attacker's gate runs as are in flight."""
    found = in_flight(_gates_user(stage))
    assert found <= most, f"{found} descriptors are in flight"


def _others_go_on(stage: Stage) -> None:
    """Others are sent descriptors, and send some: a VM's new client, and a program of the host."""
    with Client(stage.honest_path) as client:
        assert Seat(client).keymap
        stage.honest.tick()
    stage.aside()


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def keyboards_that_nobody_reads(stage: Stage) -> None:
    """Each wl_keyboard is sent its keymap; three clients ask for more than a VM may have."""
    for _ in range(3):
        ask_for_keyboards(stage.client(), MANY)
    # All requests before have been handled when a connection that is newer is answered.
    stage.client().roundtrip()
    _stays_below(stage, MOMENTARY)
    _others_go_on(stage)


def clients_that_do_not_receive(stage: Stage) -> None:
    """Each wl_keyboard is sent its keymap; three clients ask for what a VM may have."""
    clients = [stage.client() for _ in range(3)]
    for client in clients:
        ask_for_keyboards(client, SOME)
    stage.client().roundtrip()
    _stays_below(stage, MOMENTARY)
    _others_go_on(stage)
    stage.session.wait(
        lambda: "disconnected a client that did not receive" in stage.session.log(),
        "one of them to be disconnected",
    )
    _stays_below(stage, MOMENTARY)
    # Another client of the VM gets its own once those that keep it waiting are gone.
    for client in clients:
        client.close()
    assert Seat(stage.client()).keymap
    _others_go_on(stage)


def keyboards_of_clients_that_leave(stage: Stage) -> None:
    """What a disconnected client has not read is in flight until it closes its own end."""
    held: list[socket.socket] = []
    with ExitStack() as ends:
        for number in range(1, 11):
            client = stage.client()
            ask_for_keyboards(client, FEW)
            sent = min(FEW * number, TO_CLIENTS)
            _until(lambda sent=sent: in_flight(_gates_user(stage)) >= sent)  # type: ignore[misc]
            # An error of its own, and its end of the connection stays open.
            client.send(99_999, 0)
            client.flush()
            held.append(ends.enter_context(socket.socket(fileno=os.dup(client.fileno()))))
        stage.session.wait(
            lambda: not [one for one in stage.session.call("clients") if one["vm"] == "attacker"],
            "all of them to be disconnected",
        )
        _stays_below(stage, TO_CLIENTS + TO_COMPOSITOR)
        _others_go_on(stage)


def pools_while_the_compositor_is_busy(stage: Stage) -> None:
    """What the compositor has not read is in flight too."""
    clients = [stage.client() for _ in range(3)]
    fd = memory(4096)
    with _stopped(stage.session.process.pid):
        for client in clients:
            shm = client.the("wl_shm")
            for _ in range(200):
                shm("create_pool", fd, 4096)("destroy")
            client.flush()
        _until(lambda: in_flight(_gates_user(stage)) >= TO_COMPOSITOR)
        _stays_below(stage, TO_CLIENTS + TO_COMPOSITOR)
    os.close(fd)
    for client in clients:
        stage.harmless(client)
    _others_go_on(stage)


def connections_while_the_session_is_busy(stage: Stage) -> None:
    """The gate hands the session each new client's socket."""
    with ExitStack() as ends, _stopped(stage.session.process.pid):
        for _ in range(100):
            client = ends.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(os.fspath(stage.path))
        _until(lambda: in_flight(_gates_user(stage)) >= TO_SESSION)
        _stays_below(stage, TO_SESSION + TO_COMPOSITOR)
    _others_go_on(stage)


def _until(condition: Callable[[], bool]) -> None:
    """At most a second: what comes then is judged after it."""
    end = time.monotonic() + 1
    while time.monotonic() < end and not condition():
        continue
