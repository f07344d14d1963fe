"""A VM that the host's own service manager runs, in a session: its windows, and that it is left
alone.

A server stands in for cloud-hypervisor, and a program for the guest. The agent in it, waypipe on
both ends, the gate and the session are real.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.vm.drivers.cloud_hypervisor.world import Host
from tests.wire.picture import Picture

from .harness import SessionProcess

COLOR = (0xC0, 0x39, 0x2B)


class Setting:
    """A host that runs a VM, and sessions there."""

    def __init__(self, root: Path) -> None:
        (root / "host").mkdir()
        self.host = Host(root / "host")
        vm = f'driver = "cloud-hypervisor"\napi-socket = "{self.host.api_socket}"\nlabel = "work"\n'
        config = '[labels.work]\ncolor = "#c0392b"\n'
        self.session = SessionProcess(root, config=config, vms={"work": vm}, deadline_s=60)
        root.chmod(0o755)

    def vm(self) -> dict[str, Any]:
        """What the session tells of it."""
        (found,) = self.session.call("vms")
        return dict(found)

    def wait_vm(self, state: str, reason: str = "") -> dict[str, Any]:
        def is_it() -> bool:
            vm = self.vm()
            return bool(vm["state"] == state and reason in (vm["reason"] or ""))

        self.session.wait(is_it, f"{state}, {reason}")
        return self.vm()

    def foot(self) -> dict[str, Any]:
        """A window of foot in the guest, once there is one."""
        done = self.session.wait(
            lambda: self.session.spectrumctl("vm", "run", "work", "--", "true").returncode == 0,
            "its agent",
        )
        assert done
        self.session.call("spawn", argv=["foot", "sleep", "1000"], vm="work")
        return self.session.wait_window(vm="work", visible=True)


@pytest.fixture
def setting() -> Iterator[Setting]:
    with tempfile.TemporaryDirectory(prefix="attached-") as name:
        made = Setting(Path(name))
        try:
            yield made
            assert made.session.stop() == 0, made.session.log()
            assert "Traceback" not in made.session.log(), made.session.log()
        finally:
            made.session.kill()
            made.host.end()


def test_it_is_booted_shown_left_alone_found_again_and_shut_down(setting: Setting) -> None:
    host = setting.host
    missing = "not running on the host"
    assert missing in setting.wait_vm("stopped", missing)["reason"]
    host.run(host.config())
    setting.wait_vm("stopped", "its machine is off")
    setting.session.call("vm-start", name="work")
    assert (setting.vm()["state"], host.state) == ("running", "Running")
    window = setting.foot()
    assert window["label"]["name"].endswith("work")
    at = window["geometry"]

    def framed() -> bool:
        picture = Picture.parse(setting.session.run("grim", "-t", "ppm", "-").stdout)
        return picture.pixel(at["x"] + 1, at["y"] + at["height"] // 2) == COLOR

    setting.session.wait(framed, "its frame's colour beside it")

    # The session ends, and with it what it put into the machine's directory; the machine goes on.
    assert setting.session.stop() == 0
    assert sorted(path.name for path in host.directory.iterdir()) == ["vmm", "vsock"]
    assert host.state == "Running"
    setting.session.start()
    setting.wait_vm("running", "it ran already")
    setting.foot()

    # So it does when a session is killed, which leaves its sockets there.
    setting.session.kill()
    assert host.state == "Running"
    setting.session.start()
    setting.wait_vm("running", "it ran already")
    setting.foot()
    listed = json.loads(setting.session.spectrumctl("--json", "vm", "list").stdout)
    assert [(vm["name"], vm["driver"], vm["state"]) for vm in listed] == [
        ("work", "cloud-hypervisor", "running")
    ]
    assert setting.session.spectrumctl("vm", "stop", "work").returncode == 0
    assert setting.session.windows(vm="work") == []


def test_its_console_opens_in_its_own_frame(setting: Setting) -> None:
    setting.host.run(setting.host.config())
    setting.session.call("vm-start", name="work")
    setting.session.call("vm-console", name="work")
    window = setting.session.wait_window(vm="work", visible=True)
    assert window["app_id"] == "console"
    taken = setting.session.spectrumctl("vm", "console", "work")
    assert taken.returncode == 230
