"""A guest by each transport that is here: its agent, its windows, a session that was killed.

vsock is there where vhost-device-vsock is (Debian 14); guestfwd is everywhere.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spectrum_session.vm.drivers.qemu.vsock import PROGRAM
from tests.session.harness import running
from tests.wire.picture import look

from .world import BOOT_S, VMS, boot, is_painted, open_foot, process_of, status

TRANSPORTS = ["guestfwd", *(["vsock"] if shutil.which(PROGRAM) else [])]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_guest_by(data_home: Path, transport: str) -> None:
    way = {"guestfwd": "network", "vsock": "vsock"}[transport]
    with running(
        config="[focus]\nguard-ms = 0\n",
        vms={"work": f'transport = "{transport}"\n' + VMS["work"]},
        environment={"XDG_DATA_HOME": str(data_home)},
        deadline_s=BOOT_S,
    ) as session:
        boot(session, "work")
        log = session.call("vm-log", name="work")["text"]
        assert f"spectrum-guest: agent over {way}\n" in log
        assert (process_of(session, "work", PROGRAM) is not None) == (transport == "vsock")
        window = open_foot(session, "work", "first", "103050")
        assert is_painted(look(session), session, window["id"], "103050")
        session.kill()
        session.start()
        session.wait(
            lambda: session.call("vm-log", name="work")["text"].count("the guest has waypipe") == 2,
            "its agent",
        )
        done = session.spectrumctl("vm", "run", "work", "--", "cat", "/proc/net/dev")
        assert done.returncode == 0
        assert (b"host:" in done.stdout) == (transport == "guestfwd")
        window = open_foot(session, "work", "second", "305010")
        assert is_painted(look(session), session, window["id"], "305010")
        session.call("vm-stop", name="work")
        assert status(session, "work")["reason"] == "stopped on request"
