"""crosvm's graphics device: what it is started with. crosvm itself was not available to try."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from spectrum_session.vm.drivers.cloud_hypervisor import crosvm
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.processes import sandbox


def test_its_command_line() -> None:
    argv = crosvm.command_line("/usr/bin/crosvm")
    assert argv[:-1] == [
        *("/usr/bin/crosvm", "device", "gpu", "--socket", "/run/gpu/gpu"),
        *("--wayland-sock", "/run/vm/wayland-0", "--params"),
    ]
    assert json.loads(argv[-1]) == {"context-types": "cross-domain"}
    assert crosvm.command_line("/opt/crosvm/bin/crosvm")[0] == "/run/program/crosvm"


def test_all_that_it_has_of_the_hosts() -> None:
    directory, node = Path("/x/gpu"), Path("/dev/dri/renderD128")
    assert crosvm.binds("/usr/bin/crosvm", directory, [node]) == [
        sandbox.Bind(directory, "/run/gpu", writable=True),
        sandbox.Bind(node, "/dev/dri/renderD128", device=True),
    ]
    elsewhere = crosvm.binds("/opt/crosvm", directory, [])
    assert elsewhere[1:] == [sandbox.Bind(Path("/opt/crosvm"), "/run/program/crosvm")]


def test_only_nodes_for_drawing(tmp_path: Path) -> None:
    assert crosvm.render_nodes(tmp_path / "missing") == []
    for name in ("card0", "renderD129", "renderD128", "by-path"):
        (tmp_path / name).symlink_to("/dev/null")
    (tmp_path / "renderD130").touch()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "renderD131"))
    found = [node.name for node in crosvm.render_nodes(tmp_path)]
    assert found == ["renderD128", "renderD129"]
    assert os.path.basename(crosvm.DIRECTORY) == "gpu"


def test_without_it_the_error_says_what_to_do() -> None:
    with pytest.raises(VMError, match=r'crosvm not found.*transport = "auto" does without'):
        crosvm.find_program(lambda name: None)
