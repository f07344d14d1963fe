"""What a request's body may be, by cloud-hypervisor's own description of its API.

The description (an OpenAPI document) is not part of this project. Where it lies beside the
checkout, bodies are judged by it; else by the excerpt of it below, which a test compares with the
document where there is one.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import jsonschema
import yaml

DOCUMENT = Path(__file__).parents[5] / "shared" / "cloud-hypervisor.openapi.yaml"

_TEXT, _NUMBER, _FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _array(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


EXCERPT: dict[str, dict[str, Any]] = {
    "VmConfig": _object(
        ["payload"],
        cpus=_ref("CpusConfig"),
        memory=_ref("MemoryConfig"),
        payload=_ref("PayloadConfig"),
        disks=_array("DiskConfig"),
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
    "VmInfo": _object(["config", "state"], config=_ref("VmConfig"), state=_ref("VmState")),
    "VmmPingResponse": _object(["version"], version=_TEXT, pid=_NUMBER),
}
"""What the session sends and reads: required keys, types, bounds."""

CALLS = {
    "vmm.ping": "get",
    "vm.info": "get",
    "vm.create": "put",
    "vm.boot": "put",
    "vm.shutdown": "put",
    "vm.power-button": "put",
    "vm.delete": "put",
    "vmm.shutdown": "put",
}


def document() -> dict[str, Any] | None:
    """The whole description, where it lies beside the checkout."""
    if not DOCUMENT.is_file():
        return None
    found = yaml.safe_load(DOCUMENT.read_text())
    assert isinstance(found, dict)
    return found


def schemas() -> dict[str, dict[str, Any]]:
    """Those of the document where there is one, else the excerpt's."""
    found = document()
    return EXCERPT if found is None else found["components"]["schemas"]


def check(name: str, value: Any) -> None:
    """Raises jsonschema.ValidationError when `value` is no `name`, or has keys of its own."""
    _validator(name).validate(value)


@functools.cache
def _validator(name: str) -> jsonschema.Draft4Validator:
    """OpenAPI 3.0's schemas are those of JSON Schema's draft 4 or so."""
    strict = {key: _strict(schema) for key, schema in schemas().items()}
    return jsonschema.Draft4Validator({"allOf": [_ref(name)], "components": {"schemas": strict}})


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """A server may take no notice of keys that it does not know: we must not send any."""
    if "properties" in schema and "additionalProperties" not in schema:
        return {**schema, "additionalProperties": False}
    return schema
