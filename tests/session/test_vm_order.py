"""Net providers and their clients, as a person has them: by the control socket and at the start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from spectrum_session.control.errors import CONFIG, ControlError

from .harness import SessionProcess, running

RUNS = 'command = ["sleep", "1000"]\n'
VMS = {
    "netvm": RUNS + "autostart = true\n",
    # In the alphabet before its provider, and with the session too.
    "early": RUNS + 'net = "netvm"\nautostart = true\n',
    "work": RUNS + 'net = "proxy"\n',
    "proxy": RUNS + 'net = "netvm"\n',
    "broken": 'driver = "qemu"\n',
    "lonely": RUNS + 'net = "broken"\n',
}


@pytest.fixture
def session() -> Iterator[SessionProcess]:
    with running(vms=VMS) as process:
        yield process


def vm(session: SessionProcess, name: str) -> dict[str, Any]:
    (found,) = [one for one in session.call("vms") if one["name"] == name]
    return dict(found)


def wait_state(session: SessionProcess, name: str, state: str) -> None:
    session.wait(lambda: vm(session, name)["state"] == state, f"{name} {state}")


def test_they_come_up_in_order_and_say_since_when(session: SessionProcess) -> None:
    wait_state(session, "early", "running")
    assert "cannot start" not in session.log(), "nothing was started twice"
    session.start_vm("work")
    for name in ("netvm", "proxy", "work"):
        told = vm(session, name)
        assert (told["state"], told["reason"]) == ("running", "it is up")
        assert datetime.fromisoformat(told["since"]).tzinfo is not None
    assert [vm(session, name)["net"] for name in ("netvm", "work")] == [None, "proxy"]
    log = session.log()
    assert log.index("proxy: starting") < log.index("proxy: running") < log.index("work: running")
    assert (vm(session, "broken")["state"], vm(session, "broken")["reason"]) == (
        "stopped",
        "not started yet",
    )
    shown = session.spectrumctl("vm", "status", "work").stdout.decode()
    assert "from proxy" in shown and "running (it is up)" in shown


def test_a_client_fails_with_its_providers_reason(session: SessionProcess) -> None:
    done = session.spectrumctl("vm", "start", "lonely")
    assert done.returncode == 1
    assert b"lonely: it has no network: broken: it has no image" in done.stderr
    told = vm(session, "lonely")
    assert told["state"] == "failed" and "spectrumctl image build broken" in told["reason"]


def test_a_provider_that_is_stopped_leaves_its_clients_and_says_so(session: SessionProcess) -> None:
    wait_state(session, "early", "running")
    session.call("vm-stop", name="netvm")
    assert vm(session, "early")["state"] == "running"
    assert "netvm: it has ended, and leaves without a network: early" in session.log()


def test_clients_end_first_when_the_session_ends(session: SessionProcess) -> None:
    wait_state(session, "early", "running")
    session.start_vm("work")
    assert session.stop() == 0
    log = session.log()
    ends = [log.index(f"{name}: stopped") for name in ("work", "proxy", "netvm")]
    assert ends == sorted(ends)
    assert log.index("early: stopped") < log.index("netvm: stopped")
    assert "without a network" not in log


def test_a_reload_with_a_cycle_is_refused_as_a_whole(session: SessionProcess) -> None:
    wait_state(session, "netvm", "running")
    file = session.config_directory / "vms" / "netvm.toml"
    file.write_text(RUNS + '\nnet = "work"\n')
    with pytest.raises(ControlError) as caught:
        session.call("reload")
    assert caught.value.code == CONFIG
    assert f"{file}:3" in caught.value.message and "a cycle: netvm" in caught.value.message
    assert vm(session, "netvm")["net"] is None
