"""A session on a host with Spectrum's definitions: what is broken is seen, and reading it again."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .harness import SessionProcess, running


class Host:
    """The definitions, and a session that has them."""

    def __init__(self, root: Path) -> None:
        self.data = root / "data"
        self.new("whole", net="netvm")
        self.new("netvm")
        (self.new("broken") / "vmlinux").unlink()
        (self.data / "a:b").mkdir()
        self.run = root / "run"
        (self.run / "by-name" / "sys.audiovm").mkdir(parents=True)
        self.session: SessionProcess

    def new(self, name: str, net: str = "") -> Path:
        directory = self.data / name
        (directory / "providers" / "net").mkdir(parents=True)
        (directory / "blk").mkdir()
        (directory / "vmlinux").touch()
        (directory / "blk" / "root.img").touch()
        if net:
            (directory / "providers" / "net" / net).touch()
        return directory

    def vm(self, name: str) -> dict[str, Any]:
        (found,) = [one for one in self.session.call("vms") if one["name"] == name]
        return dict(found)


@pytest.fixture
def host() -> Iterator[Host]:
    with tempfile.TemporaryDirectory() as name:
        made = Host(Path(name))
        config = (
            f'[labels.work]\ncolor = "#123456"\n'
            f'[spectrum]\ndefinitions = "{made.data}"\nrun = "{made.run}"\n'
        )
        with running(config=config, vms={"whole": 'label = "work"\n'}) as session:
            made.session = session
            yield made


def test_they_are_listed_each_with_what_is_wrong(host: Host) -> None:
    names = [vm["name"] for vm in host.session.call("vms")]
    assert names == ["audiovm", "broken", "netvm", "whole"]
    whole = host.vm("whole")
    assert (whole["driver"], whole["net"]) == ("cloud-hypervisor", "netvm")
    assert whole["label"]["color"] == "#123456"
    broken = host.vm("broken")
    reason = f"{host.data}/broken/vmlinux: No such file or directory"
    assert (broken["state"], broken["reason"]) == ("failed", reason)
    assert f"broken cannot start: {reason}" in host.session.log()
    assert f"{host.data}/a:b: not a VM name" in host.session.log()
    done = host.session.spectrumctl("vm", "start", "broken")
    assert done.returncode == 1 and reason.encode() in done.stderr
    listed = json.loads(host.session.spectrumctl("--json", "vms").stdout)
    assert [vm["reason"] for vm in listed if vm["name"] == "broken"] == [reason]


def test_a_reload_reads_them_again(host: Host) -> None:
    (host.data / "broken" / "vmlinux").touch()
    host.new("late")
    host.session.call("reload")
    mended = host.vm("broken")
    assert (mended["state"], mended["reason"], mended["driver"]) == (
        "stopped", "not started yet", "cloud-hypervisor"
    )
    assert host.vm("late")["driver"] == "cloud-hypervisor"
    (host.data / "netvm" / "blk" / "root.img").unlink()
    host.session.call("reload")
    assert "has no disk" in host.vm("netvm")["reason"]
