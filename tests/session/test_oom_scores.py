"""When memory runs out, the session goes after all that it started, and VMs go first."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import SessionProcess, running

VMS = {"work": 'label = "blue"\ncommand = ["foot", "sh", "-c", "sleep 300"]\n'}


def score(pid: int) -> int:
    """What is added to a process's score."""
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def children(pid: int) -> list[int]:
    """All processes below one."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            mine = [int(word) for word in (task / "children").read_text().split()]
        except OSError:
            continue
        for child in mine:
            found += [child, *children(child)]
    return found


def program(pid: int) -> str:
    """What a process runs."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


def scores(session: SessionProcess, pids: list[int]) -> tuple[int, set[int], set[int], set[int]]:
    """Of the session, and of all programs of the host's, of gates and of VMs among these."""
    gate = session.call("vm-status", name="work")["gate"]["pid"]
    host, gates, vms = set(), set(), set()
    for pid in pids:
        below = {pid, *children(pid)}
        if gate in below or pid == gate:
            gates.add(score(pid))
        elif program(pid) == "sleep" and score(pid) < score(gate):
            host.add(score(pid))
        else:
            vms.add(score(pid))
    return score(session.process.pid), host, gates, vms


@pytest.mark.parametrize("before", [None, 150, -400])
def test_a_vm_goes_before_its_gate_and_that_before_a_program_and_all_before_the_session(
    before: int | None,
) -> None:
    with running(vms=VMS) as session:
        if before is not None:
            try:
                Path(f"/proc/{session.process.pid}/oom_score_adj").write_text(str(before))
            except PermissionError:
                pytest.skip("nobody but root may lower a score, nor may root everywhere")
        session.call("vm-start", name="work")
        session.wait_window(vm="work")
        session.call("spawn", argv=["sleep", "300"])
        own, host, gates, vms = scores(session, children(session.process.pid))
        assert len(host) == len(gates) == len(vms) == 1
        assert max(0, own) < host.pop() < gates.pop() < vms.pop() <= 1000
