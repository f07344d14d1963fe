"""cloud-hypervisor's REST API (version 1, description 0.3.0) as far as the session uses it.

A compact schema of our own: every call that the session or a service manager's `ch-remote` makes,
every key that the session sends, and all of both answers that it reads. Keys and calls that the
session does not use are left out, so that a request with a key that stands nowhere here is refused:
a server may ignore keys that it does not know, and the session must not rely on one.
"""

from __future__ import annotations

import functools
from typing import Any

import jsonschema

_TEXT, _NUMBER, _FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    made = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": required} if required else {})


SCHEMAS: dict[str, dict[str, Any]] = {
    "VmConfig": _object(
        ["payload"],
        cpus=_ref("CpusConfig"),
        memory=_ref("MemoryConfig"),
        payload=_ref("PayloadConfig"),
        disks=_array(_ref("DiskConfig")),
        serial=_ref("SerialConfig"),
        console=_ref("ConsoleConfig"),
        vsock=_ref("VsockConfig"),
    ),
    "CpusConfig": _object(
        ["boot_vcpus", "max_vcpus"],
        boot_vcpus=_NUMBER | {"minimum": 1},
        max_vcpus=_NUMBER | {"minimum": 1},
    ),
    "MemoryConfig": _object(["size"], size=_NUMBER, shared=_FLAG),
    "PayloadConfig": _object([], kernel=_TEXT, cmdline=_TEXT, initramfs=_TEXT),
    "DiskConfig": _object([], path=_TEXT, readonly=_FLAG),
    "SerialConfig": _object(["mode"], file=_TEXT, mode=_ref("ConsoleMode")),
    "ConsoleConfig": _object(["mode"], file=_TEXT, mode=_ref("ConsoleMode")),
    "ConsoleMode": {"type": "string", "enum": ["Off", "Pty", "Tty", "File", "Socket", "Null"]},
    "VsockConfig": _object(
        ["cid", "socket"], cid=_NUMBER | {"minimum": 3}, socket=_TEXT
    ),
    "VmState": {
        "type": "string",
        "enum": ["Created", "Running", "Shutdown", "Paused", "BreakPoint"],
    },
    "DeviceNode": _object(
        [],
        id=_TEXT,
        resources=_array({"type": "object"}),
        children=_array(_TEXT),
        pci_bdf=_TEXT,
    ),
    "VmInfo": _object(
        ["config", "state"],
        config=_ref("VmConfig"),
        state=_ref("VmState"),
        memory_actual_size=_NUMBER,
        device_tree={"type": "object", "additionalProperties": _ref("DeviceNode")},
    ),
    "VmmPingResponse": _object(
        ["version"], build_version=_TEXT, version=_TEXT, pid=_NUMBER, features=_array(_TEXT)
    ),
}
"""In JSON Schema's draft 4, as OpenAPI 3.0 has it."""

CALLS: dict[tuple[str, str], tuple[str | None, str | None]] = {
    ("GET", "vmm.ping"): (None, "VmmPingResponse"),
    ("GET", "vm.info"): (None, "VmInfo"),
    ("PUT", "vm.create"): ("VmConfig", None),
    ("PUT", "vm.boot"): (None, None),
    ("PUT", "vm.pause"): (None, None),
    ("PUT", "vm.resume"): (None, None),
    ("PUT", "vm.shutdown"): (None, None),
    ("PUT", "vm.power-button"): (None, None),
    ("PUT", "vm.delete"): (None, None),
    ("PUT", "vmm.shutdown"): (None, None),
}
"""By method and name, below /api/v1/: the schema of the request's body and that of the answer's.
None: there is no body, and the answer has status 204 instead of 200."""


def check(name: str, value: Any) -> None:
    """Raises jsonschema.ValidationError when `value` is not a `name`, or has unknown keys."""
    _validator(name).validate(value)


@functools.cache
def _validator(name: str) -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator({"allOf": [_ref(name)], "components": {"schemas": SCHEMAS}})
