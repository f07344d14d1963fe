"""Guests outlive the session that started them, and the next one has them again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.session.harness import SessionProcess, running
from tests.wire.picture import look

from .world import BOOT_S, VMS, boot, is_painted, open_foot, status

CONFIG = "[focus]\nguard-ms = 0\n"


@pytest.fixture(scope="module")
def session(data_home: Path) -> Iterator[SessionProcess]:
    environment = {"XDG_DATA_HOME": str(data_home)}
    vms = {name: VMS[name] for name in ("work", "play")}
    with running(config=CONFIG, vms=vms, environment=environment, deadline_s=BOOT_S) as process:
        yield process


def log_of(session: SessionProcess, vm: str) -> str:
    return str(session.call("vm-log", name=vm)["text"])


def test_a_killed_session_finds_its_guest_again(session: SessionProcess) -> None:
    boot(session, "work")
    before = status(session, "work")
    open_foot(session, "work", "before", "103050")
    session.kill()
    session.start()
    told = status(session, "work")
    assert told["state"] == "running"
    assert told["reason"] == "found again after a restart of the session"
    assert told["pids"] == before["pids"]
    assert told["since"] == pytest.approx(before["since"], abs=1)
    session.wait(lambda: "the guest has waypipe" in log_of(session, "work").split(" goes on, ")[-1])
    done = session.spectrumctl("vm", "run", "work", "--", "sh", "-c", "echo again; exit 3")
    assert (done.stdout, done.returncode) == (b"again\n", 3)
    window = open_foot(session, "work", "after", "305010")
    assert (window["vm"], window["label"]["name"]) == ("work", "work")
    assert is_painted(look(session), session, window["id"], "305010")
