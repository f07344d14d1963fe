"""What QEMU says of a machine's end, from a real QEMU and from one that says anything."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.vm.qemu.qmp import Monitor
from tests.unit.vm.world import WAIT_S, run


async def heard(path: Path, data: bytes) -> Monitor:
    """A monitor that a peer said this to before it hung up."""
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    monitor = Monitor(path)
    await monitor.listen()
    reader, writer = await asyncio.open_unix_connection(str(path))
    assert b"qmp_capabilities" in await reader.readline()
    writer.write(data)
    writer.close()
    await monitor.finished()
    # What the loop has to say of it comes in its next turn.
    await asyncio.sleep(0)
    monitor.close()
    assert not path.exists()
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
    other = b'{"QMP": {}}\n{"return": {}}\n{"event": "STOP"}\n'
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


def test_nobody_came(tmp_path: Path) -> None:
    async def check() -> None:
        monitor = Monitor(tmp_path / "qmp")
        await monitor.listen()
        await monitor.finished()
        monitor.close()

    run(check())


def test_a_second_one_is_not_heard(tmp_path: Path) -> None:
    async def check() -> None:
        path = tmp_path / "qmp"
        monitor = Monitor(path)
        await monitor.listen()
        first, first_writer = await asyncio.open_unix_connection(str(path))
        await first.readline()
        second, second_writer = await asyncio.open_unix_connection(str(path))
        assert await asyncio.wait_for(second.read(), WAIT_S) == b""
        first_writer.close()
        second_writer.close()
        await monitor.finished()
        monitor.close()

    run(check())


def test_a_path_longer_than_a_sockets_address(tmp_path: Path) -> None:
    directory = tmp_path / ("d" * 120)
    directory.mkdir()

    async def check() -> None:
        monitor = Monitor(directory / "qmp")
        await monitor.listen()
        assert (directory / "qmp").stat().st_mode & 0o777 == 0o600
        monitor.close()

    run(check())


def test_a_real_qemu(tmp_path: Path) -> None:
    async def check() -> None:
        monitor = Monitor(tmp_path / "qmp")
        await monitor.listen()
        process = await asyncio.create_subprocess_exec(
            *("qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", "none"),
            *("-chardev", f"socket,id=qmp,path={tmp_path}/qmp", "-mon", "chardev=qmp,mode=control"),
        )
        try:
            # It answers from its main loop: its handlers of signals are there.
            await asyncio.wait_for(monitor.ready.wait(), WAIT_S)
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
