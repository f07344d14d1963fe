"""Fifty VMs defined and twelve of them running cost a session at rest nothing.

Not measured, but looked at: what waits for no time, holds no descriptor and has no process, costs
nothing. `make bench ARGS="--measure vms"` has the figures.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from .harness import SessionProcess, running

DEFINED = [f"vm{number:02}" for number in range(50)]
RUNNING = DEFINED[::4][:12]
SLEEP = ["sleep", "1000000"]

# Of epoll_wait and epoll_pwait; the fourth argument is for how many milliseconds.
_WAITS = {"x86_64": {"232", "281"}, "aarch64": {"22"}}[platform.machine()]
_FOR_EVER = 0xFFFFFFFF


@pytest.fixture(scope="module")
def session() -> Iterator[SessionProcess]:
    with running(vms=dict.fromkeys(DEFINED, "")) as process:
        yield process


def sleeps_for_ever(pid: int) -> bool:
    """Does a process wait for something to happen, and for no time to come?"""
    words = Path(f"/proc/{pid}/syscall").read_text().split()
    return words[0] in _WAITS and int(words[4], 16) & _FOR_EVER == _FOR_EVER


def children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def at_rest(session: SessionProcess, vms: int = 0) -> int:
    """How many descriptors a session at rest holds, the one of who asks it included.

    Who asked before is gone from it then: it would have to look.
    """
    pid = session.process.pid
    return session.wait(
        lambda: len(children(pid)) == 2 * vms and sleeps_for_ever(pid) and descriptors(pid),
        f"the session to be at rest with {vms} VMs",
    )


def threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def gates(session: SessionProcess) -> dict[str, int]:
    """The gates that run, by VM."""
    told = {name: session.call("vm-status", name=name)["gate"] for name in DEFINED}
    return {name: gate["pid"] for name, gate in told.items() if gate["pid"] is not None}


def test_vms_that_are_only_defined_have_nothing(session: SessionProcess) -> None:
    pid = session.process.pid
    with running() as bare:
        assert at_rest(session) == at_rest(bare)
        assert threads(pid) == threads(bare.process.pid)
    assert gates(session) == {}
    assert not (session.session_directory / "vms").exists()


def test_those_that_run_and_do_nothing_wake_nobody(session: SessionProcess) -> None:
    before = at_rest(session)
    for name in RUNNING:
        session.start_vm(name)
        session.call("spawn", vm=name, argv=SLEEP)
    session.wait(lambda: len(gates(session)) >= len(RUNNING), "all gates to be ready")
    held = gates(session)
    assert sorted(held) == RUNNING, "a gate for each that runs, and for no other"
    # Of each VM the session starts two: a gate and a sandbox.
    each = (at_rest(session, len(RUNNING)) - before) / len(RUNNING)
    assert each <= 10, f"{each} descriptors for each VM"
    session.wait(lambda: all(map(sleeps_for_ever, held.values())), "the gates to be at rest")
    for name in RUNNING:
        session.call("vm-stop", name=name)
    assert at_rest(session) == before
    assert gates(session) == {}


def test_those_of_spectrums_that_nobody_runs_have_nothing_either(tmp_path: Path) -> None:
    for name in DEFINED:
        directory = tmp_path / "data" / name
        (directory / "blk").mkdir(parents=True)
        (directory / "vmlinux").touch()
        (directory / "blk" / "root.img").touch()
    for name in RUNNING:
        # Its service is set up, and answers nothing yet.
        (tmp_path / "run" / f"user.{name}").mkdir(parents=True)
    config = f'[spectrum]\ndefinitions = "{tmp_path}/data"\nrun = "{tmp_path}/run"\n'
    with running(config=config) as session, running() as bare:
        assert len(session.call("vms")) == len(DEFINED)
        # Whether a service comes is watched: for all of them together, by no more than two.
        assert at_rest(session) <= at_rest(bare) + 2
        assert threads(session.process.pid) == threads(bare.process.pid)
        assert gates(session) == {}
