"""Descriptors: as many as the session may have, and what happens when there are none left."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from spectrum_session.compositor.clients.origins import NO_DESCRIPTOR_S
from tests.wire import Client, Connection, Seat, Window
from tests.wire.witness import Resources

from .harness import DEADLINE_S, SessionProcess, running

SOFT = 300
"""What the session is started with; far below the hard limit of any machine."""
GROWTH_KB = 2048


def limits(pid: int) -> tuple[int, int]:
    """Soft and hard limit of descriptors of a process."""
    (line,) = re.findall(r"Max open files +(\d+) +(\d+)", Path(f"/proc/{pid}/limits").read_text())
    return int(line[0]), int(line[1])


def next_descriptor(pid: int) -> int:
    """The number that the next descriptor of a process will have."""
    taken = {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()}
    return next(number for number in range(len(taken) + 1) if number not in taken)


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    ours = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT, ours[1]))
    try:
        with running(vms={"work": 'label = "blue"\n'}) as process:
            resource.setrlimit(resource.RLIMIT_NOFILE, ours)
            yield process
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, ours)


def test_the_session_has_all_it_may_have(session: SessionProcess) -> None:
    soft, hard = limits(session.process.pid)
    assert soft == hard > SOFT


def test_what_it_starts_gets_back_what_there_was(session: SessionProcess) -> None:
    hard = limits(session.process.pid)[1]
    file = session.directory / "limits"
    # Only the last line says that all of them are there.
    script = f"ulimit -Sn > {file}.new; ulimit -Hn >> {file}.new; mv {file}.new {file}"
    session.call("spawn", argv=["sh", "-c", script])
    session.wait(file.exists, "the program's answer")
    assert file.read_text().split() == [str(SOFT), str(hard)]


def test_none_left(session: SessionProcess) -> None:
    """Who connects then waits; the session neither spins nor fills its log, and goes on after."""
    pid = session.process.pid
    with Client(session.display) as before, ExitStack() as later:
        window = Window(before, title="before")
        # Another buffer would be another descriptor.
        window.draws = False
        before.roundtrip()
        hard = limits(pid)[1]
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (next_descriptor(pid), hard))
        later.callback(resource.prlimit, pid, resource.RLIMIT_NOFILE, (hard, hard))
        started = time.monotonic()
        late = later.enter_context(Connection(session.display))
        while len(said := re.findall(r"cannot accept on \S+: (.*)", session.log())) < 3:
            assert time.monotonic() < started + DEADLINE_S, session.log()
            before.roundtrip()
        took = time.monotonic() - started
        assert len(said) <= took + 1
        tries = [int(number) for number in re.findall(r"\((\d+) times", "\n".join(said))]
        assert sum(tries) <= took / NO_DESCRIPTOR_S + 1, said
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        late.roundtrip()
    session.wait(lambda: not session.call("clients"), "the clients to go")


@pytest.mark.parametrize("icons", [False, True])
def test_refused_drags_leave_nothing(session: SessionProcess, icons: bool) -> None:
    """Without a button held and without a source; wlroots has nobody who would free them."""
    count = 10_000
    started = time.monotonic()

    def drag() -> None:
        with Client(session.display) as client:
            window = Window(client)
            device = client.the("wl_data_device_manager")("get_data_device", Seat(client).seat)
            icon = None
            for number in range(count):
                if icons and number % 100 == 0:
                    icon = client.the("wl_compositor")("create_surface")
                device("start_drag", None, window.surface, icon, 1)
                if number % 1000 == 0:
                    client.roundtrip()
            client.roundtrip()
        session.wait(lambda: not session.call("clients"), "the client to go")

    drag()
    before = Resources(session.process.pid).anonymous_kb
    drag()
    assert Resources(session.process.pid).anonymous_kb <= before + GROWTH_KB
    lines = session.log().count("refused a drag")
    assert 0 < lines <= time.monotonic() - started + 2
