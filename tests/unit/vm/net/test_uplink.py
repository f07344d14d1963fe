"""The way out: what passt and the filter are told, and what of the host they have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.gates.command import Interpreter
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.net import link, uplink
from spectrum_session.vm.net.uplink import Uplink, passt_command
from spectrum_session.vm.processes import sandbox


def test_the_hosts_loopback_is_closed_unless_it_is_granted() -> None:
    assert "--no-map-gw" in passt_command(False)
    assert "--no-map-gw" not in passt_command(True)


def test_no_port_of_the_host_leads_in() -> None:
    for option in ("-t", "-u", "--tcp-ports", "--udp-ports"):
        assert option not in passt_command(True)


def test_what_they_have_of_the_host() -> None:
    network, machine, closed = Path("/n/network"), Path("/n/machine/link"), Path("/n/closed/file")
    passt = uplink.passt_binds(network)
    assert [bind.source for bind in passt if bind.writable] == [network]
    # The filter has passt's directory and writes to none.
    filtering = link.binds(Interpreter.running(), machine, network / "passt", closed)
    assert {machine.parent, network, closed.parent} <= {bind.source for bind in filtering}
    assert not any(bind.writable for bind in filtering)


def test_without_passt_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = sandbox.find_tools()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    log = VMLog(tmp_path / "log")
    with pytest.raises(VMError, match="apt-get install passt"):
        Uplink(tools, "netvm", log, tmp_path, tmp_path, tmp_path, False)
    log.close()
