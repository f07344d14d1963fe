"""Descriptors in flight, in the session of an ordinary user: root is exempt from the limit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from spectrum_session.vm.processes import users
from tests.attack import descriptors
from tests.attack.stage import Attack, ask_for_keyboards
from tests.wire import Client, Connection, Seat
from tests.wire.picture import look

from .harness import SessionProcess, running
from .ordinary_user import USER, in_flight
from .programs import started
from .test_gate_attacks import Theatre, corpus

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")

HOST = 1024
"""The soft limit of descriptors that programs start with everywhere."""
PYTHON = Path("/usr/bin/python3")
TO_ITSELF = """
import array, resource, socket, time
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 253))]
pairs, sent = [], 0
try:
    while sent < 4000:
        pairs.append(socket.socketpair())
        for _ in range(10):
            pairs[-1][0].sendmsg([b"x"], rights)
            sent += 253
except OSError as error:
    print(error)
print("in flight:", sent, flush=True)
time.sleep(1000)
"""


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    theatre = Theatre(user=USER)
    yield theatre
    theatre.close()


@pytest.mark.parametrize("attack", [pytest.param(a, id=a.__name__) for a in corpus(descriptors)])
def test_attack(theatre: Theatre, attack: Attack) -> None:
    stage = theatre.stage()
    assert in_flight(USER) == 0
    try:
        attack(stage)
    finally:
        stage.unharmed()


def test_what_the_kernel_refuses_for_a_while_is_sent_later(theatre: Theatre) -> None:
    """Another program of the user's has so much in flight that no gate may send a descriptor."""
    stage = theatre.stage()
    session = stage.session
    gates = {vm: session.gate_pids(vm) for vm in ("attacker", "honest")}
    argv = [sys.executable, "-I", "-S", "-c", TO_ITSELF]
    with started(session, *argv, stdout=subprocess.PIPE) as filler:
        assert filler.stdout is not None and b"in flight" in filler.stdout.readline()
        with Connection(stage.honest_path) as client:
            session.wait(lambda: "cannot reach the session" in session.log(), "the log to say so")
            stage.honest.tick()
            assert {vm: session.gate_pids(vm) for vm in gates} == gates
            filler.kill()
            filler.wait()
            client.roundtrip()
        with Client(stage.honest_path) as client:
            assert Seat(client).keymap
    said = [line for line in session.log().splitlines() if "cannot reach the session" in line]
    assert "vm=honest" in said[0] and "Too many references" in said[0]
    assert {vm: session.gate_pids(vm) for vm in gates} == gates


@pytest.mark.skipif(shutil.which("waypipe") is None, reason="there is no waypipe")
def test_clients_behind_waypipe_that_do_not_receive(theatre: Theatre) -> None:
    """The host's end of waypipe receives at once what the gate sends: it waits in the guest."""
    stage = theatre.stage()
    session = stage.session
    link, inner = session.directory / "link", session.directory / "inner"
    waypipe = ["waypipe", "--no-gpu", "--compress", "none", "--socket", str(link)]
    guest = [*waypipe, "--display", str(inner), "server", "--", "sleep", "1000"]
    with (
        started(session, *waypipe, "client", environment={"WAYLAND_DISPLAY": str(stage.path)}),
        ExitStack() as ends,
    ):
        session.wait(link.exists, "waypipe's socket")
        # The guest's end is another user's, as if it were on another machine.
        process = subprocess.Popen(guest, stderr=subprocess.DEVNULL)
        ends.callback(process.wait)
        ends.callback(process.kill)
        session.wait(lambda: listens(inner), "the guest's socket")
        for _ in range(3):
            ask_for_keyboards(ends.enter_context(Client(inner)), descriptors.SOME)
        ends.enter_context(Client(inner)).roundtrip()
        assert in_flight(USER) < descriptors.MOMENTARY
        with Client(stage.honest_path) as client:
            assert Seat(client).keymap
        stage.aside()
    stage.unharmed()


def listens(path: Path) -> bool:
    try:
        Connection(path).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not PYTHON.exists(), reason="a sandbox has no Python but that in /usr/bin")
@pytest.mark.parametrize("user", [None, USER])
def test_a_sandbox_that_sends_descriptors_to_itself(user: int | None) -> None:
    """For root each VM has users of its own, and a count of its own; for an ordinary user the count
    is the user's, and the sandbox may bring it so far."""
    # A VM's users follow from its name: no other session on this machine has VMs of these.
    attacker, honest = (f"{name}-{os.getpid()}" for name in ("sender", "bystander"))
    with running(vms={attacker: "", honest: ""}, user=user) as session:
        session.start_vm(attacker)
        session.call("spawn", argv=[str(PYTHON), "-I", "-c", TO_ITSELF], vm=attacker)
        path = session.start_vm(honest)
        session.wait(lambda: "in flight:" in printed(session, attacker), "it to send all it may")
        if user is None:
            assert in_flight(users.sandbox(attacker)) > HOST
            for other in (users.gate(attacker), users.sandbox(honest), users.gate(honest)):
                assert in_flight(other) == 0
        else:
            assert 0 < in_flight(user) < HOST - 200, printed(session, attacker)
        with Client(path) as client:
            assert Seat(client).keymap
        look(session, session.call("outputs")[0]["name"])


def printed(session: SessionProcess, vm: str) -> str:
    text: str = session.call("vm-log", name=vm)["text"]
    return text
