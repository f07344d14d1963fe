"""What QEMU says of a machine's end, from a real QEMU and from one that says anything."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.ipc.lines import connect
from spectrum_session.ipc.listening import listening_socket
from spectrum_session.vm.drivers.qemu.qmp import Monitor
from spectrum_session.vm.errors import VMError
from tests.unit.vm.world import WAIT_S, run

GREETING = b'{"QMP": {"version": {}, "capabilities": []}}\n'


async def heard(path: Path, said: bytes, greeting: bytes = GREETING) -> Monitor:
    """A monitor that a QEMU greeted, answered once, and said this to before it hung up."""
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        order = json.loads(await reader.readline())
        assert order["execute"] == "qmp_capabilities"
        writer.write(json.dumps({"return": {}, "id": order["id"]}).encode() + b"\n" + said)
        writer.close()

    server = await asyncio.start_unix_server(serve, sock=listening_socket(path))
    monitor = Monitor()
    await monitor.open(path)
    await monitor.finished()
    with pytest.raises(VMError, match="hung up"):
        await monitor.execute("cont")
    assert not monitor.tell("quit")
    monitor.close()
    server.close()
    await asyncio.sleep(0)
    assert faults == []
    return monitor


def event(reason: Any) -> bytes:
    return json.dumps({"event": "SHUTDOWN", "data": {"reason": reason}}).encode() + b"\n"


@pytest.mark.parametrize(
    ("reason", "well", "text"),
    [
        ("guest-shutdown", True, "its guest shut down"),
        ("guest-reset", False, "crash of its kernel"),
        ("guest-panic", False, "kernel crashed"),
        ("host-signal", True, "told to end"),
        ("something-new", False, "(something-new)"),
    ],
)
def test_reasons(tmp_path: Path, reason: str, well: bool, text: str) -> None:
    other = b'{"return": {}}\n{"event": "STOP"}\n'
    shutdown = run(heard(tmp_path / "qmp", other + event(reason))).shutdown
    assert shutdown is not None and shutdown[0] is well and text in shutdown[1]


@pytest.mark.parametrize(
    "data",
    [
        b"no json\n",
        b"[" * 60_000 + b"\n",
        b"x" * 200_000,
        b"\xff\xfe\n",
        b'"SHUTDOWN"\n[1]\nnull\n',
        b'{"event": ["SHUTDOWN"]}\n',
        b'{"return": 1, "id": [1]}\n{"return": 1, "id": 99}\n{"error": 7, "id": true}\n',
    ],
)
def test_rubbish_says_nothing_and_does_no_harm(tmp_path: Path, data: bytes) -> None:
    assert run(heard(tmp_path / "qmp", data)).shutdown is None


@pytest.mark.parametrize("data", [b"7", b"null", b'["a"]', b'{"reason": {"a": 1}}'])
def test_a_shutdown_without_a_reason_is_none_that_should_be(tmp_path: Path, data: bytes) -> None:
    line = b'{"event": "SHUTDOWN", "data": ' + data + b"}\n"
    shutdown = run(heard(tmp_path / "qmp", line)).shutdown
    assert shutdown is not None and not shutdown[0]


def test_what_stood_before_rubbish_stays(tmp_path: Path) -> None:
    monitor = run(heard(tmp_path / "qmp", event("guest-shutdown") + b"rubbish\n"))
    assert monitor.shutdown == (True, "its guest shut down")


async def answered(path: Path, answer: Callable[[int], bytes]) -> Any:
    """What comes of an order to which a QEMU gives this answer and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(json.loads(await reader.readline())["id"]))
        writer.close()

    server = await asyncio.start_unix_server(serve, sock=listening_socket(path))
    monitor = Monitor()
    try:
        return await monitor.open(path)
    finally:
        await monitor.finished()
        monitor.close()
        server.close()


def test_a_refusal_says_why(tmp_path: Path) -> None:
    def answer(number: int) -> bytes:
        error = {"class": "GenericError", "desc": "not today"}
        return json.dumps({"error": error, "id": number}).encode() + b"\n"

    with pytest.raises(VMError, match="QEMU refused: not today"):
        run(answered(tmp_path / "qmp", answer))


@settings(max_examples=40)
@given(data=st.one_of(st.binary(max_size=400), st.text(max_size=80).map(str.encode)))
def test_whoever_answers_rubbish_hangs_up(tmp_path_factory: Any, data: bytes) -> None:
    path = tmp_path_factory.mktemp("qmp") / "qmp"
    with pytest.raises(VMError, match="hung up"):
        run(answered(path, lambda number: data))


def test_nobody_is_there(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(tmp_path / "qmp"))
    for path in (tmp_path / "qmp", tmp_path / "nothing"):
        with pytest.raises(OSError):
            run(Monitor().open(path))


def test_a_path_longer_than_a_sockets_address(tmp_path: Path) -> None:
    directory = tmp_path / ("d" * 120)
    directory.mkdir()

    async def check() -> None:
        with listening_socket(directory / "qmp") as listening:
            assert (directory / "qmp").stat().st_mode & 0o777 == 0o600
            _, writer = await connect(directory / "qmp")
            accepted, _ = listening.accept()
            accepted.close()
            writer.close()

    run(check())


def test_a_real_qemu(tmp_path: Path) -> None:
    """It takes one connection after the other, and none is in the way of the next."""

    async def check() -> None:
        with listening_socket(tmp_path / "qmp") as listening:
            fd = listening.fileno()
            process = await asyncio.create_subprocess_exec(
                *("qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", "none"),
                *("-chardev", f"socket,id=monitor,fd={fd},server=on,wait=off", "-S"),
                *("-mon", "chardev=monitor,mode=control"),
                pass_fds=[fd],
            )
        try:
            first = Monitor()
            await asyncio.wait_for(first.open(tmp_path / "qmp"), WAIT_S)
            assert (await first.execute("query-status"))["status"] == "prelaunch"
            with pytest.raises(VMError, match="QEMU refused"):
                await first.execute("no-such-thing")
            first.close()
            monitor = Monitor()
            await asyncio.wait_for(monitor.open(tmp_path / "qmp"), WAIT_S)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await monitor.finished()
        monitor.close()
        assert monitor.shutdown == (True, "it was told to end")

    run(check())
