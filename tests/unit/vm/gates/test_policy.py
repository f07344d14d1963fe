"""A VM's policy: from the files to the gate, with what it leaves out as it is for all VMs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import msgspec

from spectrum_session.config import schema
from spectrum_session.config.load import load
from spectrum_session.gate import policy as gate_policy
from spectrum_session.gate.limits import Limits
from spectrum_session.gate.policy import Policy
from spectrum_session.vm.gates.policy import policy_of


def configured(directory: Path, text: str = "", **vms: str) -> schema.Config:
    (directory / "vms").mkdir()
    (directory / "session.toml").write_text(text)
    for name, vm in vms.items():
        (directory / "vms" / f"{name}.toml").write_text(vm)
    return load(directory, {})


def test_the_configuration_and_the_gate_have_the_same_names_and_defaults() -> None:
    limits = {field.name: field.default for field in dataclasses.fields(Limits)}
    assert {f.name: f.default for f in msgspec.structs.fields(schema.Limits)} == limits
    permissions = {f.encode_name: f.default for f in msgspec.structs.fields(schema.Permissions)}
    assert permissions == gate_policy.PERMISSIONS
    used = {needed for needed in gate_policy.INTERFACES.values() if needed}
    assert used <= permissions.keys()


def test_the_defaults_are_the_gates_own(tmp_path: Path) -> None:
    config = configured(tmp_path, work="")
    assert policy_of(config, "work") == Policy()
    assert policy_of(config, "gone") == Policy()


def test_a_vm_has_its_own_over_those_of_all(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        "[session]\nevents-max-delay-ms = 20\n[permissions]\ndmabuf = true\ntablet = false\n"
        "[limits]\nobjects = 500\nfds = 64\n",
        work="utf8-titles = true\nevents-max-delay-ms = 0\n[permissions]\ntablet = true\n"
        "[limits]\nfds = 99\n",
        other="",
    )
    work, other = policy_of(config, "work"), policy_of(config, "other")
    assert {"dmabuf", "tablet"} <= work.permissions
    assert "dmabuf" in other.permissions and "tablet" not in other.permissions
    assert (work.limits.objects, work.limits.fds) == (500, 99)
    assert (other.limits.objects, other.limits.fds) == (500, 64)
    assert (work.events_max_delay_ms, other.events_max_delay_ms) == (0, 20)
    assert (work.utf8_titles, other.utf8_titles) == (True, False)
    gone = policy_of(config, "gone")
    assert gone.limits == other.limits and gone.permissions == other.permissions
    assert gone.events_max_delay_ms == 20


def test_it_survives_the_way_to_the_gate(tmp_path: Path) -> None:
    config = configured(tmp_path, work="[permissions]\nclipboard = false\n[limits]\nfds = 77\n")
    policy = policy_of(config, "work")
    assert Policy.from_json(json.loads(json.dumps(policy.to_json()))) == policy
