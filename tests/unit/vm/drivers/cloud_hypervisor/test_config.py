"""The body of vm.create, judged by the schema of the API."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.vm.drivers.cloud_hypervisor.config import VmConfig, vm_config

from .api_schema import check


def _made(**changed: Any) -> VmConfig:
    given = {
        "kernel": "/run/boot/kernel",
        "initramfs": None,
        "disks": ("/run/boot/disk-0",),
        "command_line": "console=ttyS0 root=PARTLABEL=root",
        "memory_mb": 1024,
        "vcpus": 2,
        "serial": "/run/machine/serial",
        "vsock": "/run/machine/vsock",
    }
    return vm_config(**{**given, **changed})


def test_a_machine_of_spectrums() -> None:
    body = json.loads(_made().encode())
    check("VmConfig", body)
    assert body == {
        "cpus": {"boot_vcpus": 2, "max_vcpus": 2},
        "memory": {"size": 1 << 30, "shared": True},
        "payload": {
            "kernel": "/run/boot/kernel",
            "cmdline": "console=ttyS0 root=PARTLABEL=root",
        },
        "disks": [{"path": "/run/boot/disk-0", "readonly": True}],
        "serial": {"file": "/run/machine/serial", "mode": "File"},
        "console": {"mode": "Pty"},
        "vsock": {"socket": "/run/machine/vsock", "cid": 3},
    }


_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(deadline=None)
@given(
    st.builds(
        dict,
        kernel=_TEXT,
        initramfs=st.none() | _TEXT,
        disks=st.lists(_TEXT, max_size=4).map(tuple),
        command_line=_TEXT,
        memory_mb=st.integers(256, 1_048_576),
        vcpus=st.integers(1, 64),
        serial=_TEXT,
        vsock=_TEXT,
    )
)
def test_whatever_a_definition_says(given: dict[str, Any]) -> None:
    body = json.loads(vm_config(**given).encode())
    check("VmConfig", body)
    assert body["payload"].get("initramfs") == given["initramfs"]
    assert [disk["path"] for disk in body.get("disks", [])] == list(given["disks"])
    assert all(disk["readonly"] for disk in body.get("disks", []))


def test_a_graphics_device_is_the_one_key_that_is_spectrums_own() -> None:
    body = json.loads(_made(gpu="/run/gpu/socket").encode())
    assert body.pop("gpu") == [{"socket": "/run/gpu/socket"}]
    check("VmConfig", body)
    assert "gpu" not in json.loads(_made().encode())


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"payload": {"kernel": 1}},
        {"payload": {}, "surprise": 1},
        {"payload": {}, "cpus": {"boot_vcpus": 0, "max_vcpus": 1}},
        {"payload": {}, "serial": {"mode": "file"}},
        {"payload": {}, "vsock": {"cid": 2, "socket": ""}},
        {"payload": {}, "disks": [{"surprise": 1}]},
    ],
)
def test_what_judges_bodies_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check("VmConfig", wrong)
