"""The calls and bodies that the session sends, judged by the schema of the API."""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from spectrum_session.vm.drivers.cloud_hypervisor.api import Client
from spectrum_session.vm.drivers.cloud_hypervisor.config import VmConfig, vm_config
from tests.unit.vm.world import run

from . import cloud_hypervisor_server
from .api_schema import CALLS, SCHEMAS, check
from .world import WAIT_S

ANSWERS = {
    "VmmPingResponse": {"version": "48.0.0", "build_version": "v48.0", "pid": 1, "features": []},
    "VmInfo": {"config": {"payload": {}}, "state": "Created", "memory_actual_size": 1 << 30},
}


class Api:
    """Answers every call as the schema says, and keeps each method, name and body."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split("\r\n")[0].split()
        fields = dict(line.split(": ") for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(fields.get("Content-Length", "0")))
        name = path.removeprefix("/api/v1/")
        self.asked.append((method, name, json.loads(body) if body else None))
        answer = CALLS[method, name][1]
        text = b"" if answer is None else json.dumps(ANSWERS[answer]).encode()
        status = 204 if answer is None else 200
        writer.write(b"HTTP/1.1 %d \r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text))
        writer.close()


def a_config() -> VmConfig:
    return vm_config(
        kernel="/kernel",
        initramfs="/initramfs",
        disks=("/disk",),
        command_line="panic=1",
        memory_mb=256,
        vcpus=1,
        serial="/serial",
        vsock="/vsock",
    )


def test_every_request_of_the_client_is_in_the_schema(tmp_path: Path) -> None:
    api = Api()
    methods = [
        (name, method)
        for name, method in inspect.getmembers(Client, inspect.iscoroutinefunction)
        if not name.startswith("_")
    ]

    async def ask_all() -> None:
        path = tmp_path / "api"
        client = Client(path)
        async with await asyncio.start_unix_server(api.serve, path):
            for name, method in methods:
                given = [a_config()] if name == "create" else []
                await asyncio.wait_for(method(client, *given), WAIT_S)

    run(ask_all())
    assert len(api.asked) == len(methods)
    for method, name, body in api.asked:
        wanted = CALLS[method, name][0]
        if wanted is None:
            assert body is None, name
        else:
            check(wanted, body)


def test_the_server_of_the_tests_implements_the_calls_of_the_schema() -> None:
    assert cloud_hypervisor_server.CALLS.keys() == CALLS.keys()


def test_every_reference_in_the_schema_is_there() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            found = {value["$ref"].rpartition("/")[2]} if "$ref" in value else set()
            return found.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    bodies = {name for pair in CALLS.values() for name in pair if name is not None}
    assert references(SCHEMAS) | bodies == set(SCHEMAS)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("VmInfo", {"config": {"payload": {}}, "state": "Off"}),
        ("VmInfo", {"state": "Created"}),
        ("VmInfo", {**ANSWERS["VmInfo"], "memory_actual_size": "1"}),
        ("VmmPingResponse", {"pid": 1}),
        ("VmmPingResponse", {**ANSWERS["VmmPingResponse"], "surprise": 1}),
    ],
)
def test_a_wrong_answer_is_refused(name: str, wrong: dict[str, Any]) -> None:
    check(name, ANSWERS[name])
    with pytest.raises(jsonschema.ValidationError):
        check(name, wrong)
