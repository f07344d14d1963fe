"""The driver against a server that implements those calls: a machine's life from end to end.

The guest is a program, in which the agent of our images runs. The sandboxes, the sockets, the
agent's stream and waypipe on both ends are real.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import termios
import time
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.vm.drivers.cloud_hypervisor import driver
from spectrum_session.vm.drivers.cloud_hypervisor.api import ApiError
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import LIMIT
from spectrum_session.vm.manager import VMManager
from spectrum_session.vm.model import VMState
from spectrum_session.vm.storage import record
from tests.unit.vm.world import run

from .api_schema import check as judge
from .world import AGENT, CROSVM, KERNEL, WAIT_S, World, kernel, server


async def end(world: World) -> None:
    """Kill it, and wait until nothing of it is left."""
    world.vm.kill()
    await asyncio.wait_for(world.vm.ended(), WAIT_S)


def monitor_pid(world: World) -> int:
    """The number, on the host, of what runs as cloud-hypervisor for this world."""
    wanted = str(world.bin / "cloud-hypervisor")
    wanted = "/run/program/cloud-hypervisor" if not wanted.startswith("/usr/") else wanted
    found = [
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _words(process)[1:2] == [wanted] and descends(int(process.name), os.getpid())
    ]
    assert len(found) == 1, found
    return found[0]


def descends(pid: int, ancestor: int) -> bool:
    """Is it a child of that process, or of one of its children?"""
    while pid > 1:
        if pid == ancestor:
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return False


def _words(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_text().split("\0")
    except OSError:
        return []


def test_it_starts_runs_programs_and_stops(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        assert world.vm.status.state is VMState.RUNNING
        await world.until(lambda: bool(world.vm._agent and world.vm._agent.connected), "its agent")
        program = world.vm.run(["sh", "-c", "echo said; echo complained >&2; exit 3"])
        assert await asyncio.wait_for(program.ended, WAIT_S) == 3
        assert (bytes(program.output), bytes(program.errors)) == (b"said\n", b"complained\n")
        await asyncio.wait_for(world.vm.stop(30), WAIT_S)

    run(check())
    assert world.vm.status.state is VMState.STOPPED
    assert world.vm.status.reason == "stopped on request"
    log = world.log.read_text()
    assert re.search("kernel: console=tty(S0|AMA0) panic=1\n", log)
    assert "spectrum-guest: asked to power off" in log
    assert not world.directory.exists()


def test_the_machine_that_is_created_satisfies_the_schema_of_the_api(world: World) -> None:
    async def check() -> tuple[dict[str, Any], dict[str, Any]]:
        await world.vm.start()
        raw = await world.vm._client._ask("GET", "vm.info")
        pong = await world.vm._client._ask("GET", "vmm.ping")
        await end(world)
        return json.loads(raw), json.loads(pong)

    info, pong = run(check())
    judge("VmInfo", info)
    judge("VmmPingResponse", pong)
    assert info["state"] == "Running"
    assert info["config"]["memory"] == {"size": 256 << 20, "shared": True}
    assert info["config"]["payload"]["initramfs"] == "/run/boot/initramfs"


def test_a_client_in_the_guest_reaches_its_own_wayland_socket_through_waypipe(world: World) -> None:
    connects = "import os, socket; s = socket.socket(socket.AF_UNIX);"
    connects += " s.connect(os.environ['XDG_RUNTIME_DIR'] + '/wayland-0');"
    # wl_display.get_registry, as every client begins.
    connects += " s.send(bytes.fromhex('01000000 01000c00 02000000')); s.recv(1)"

    async def check() -> bytes:
        await world.vm.start()
        await world.logged("spectrum-guest: transport")
        world.vm.spawn(["python3", "-c", connects])
        loop = asyncio.get_running_loop()
        said = b""
        # waypipe itself comes first, and says nothing: it tries the display.
        while not said:
            accepted, _ = await asyncio.wait_for(loop.sock_accept(world.wayland), WAIT_S)
            accepted.setblocking(False)
            said = await asyncio.wait_for(loop.sock_recv(accepted, 100), WAIT_S)
            accepted.close()
        await end(world)
        return said

    assert run(check())[:12] == bytes.fromhex("01000000 01000c00 02000000")


def test_of_an_image_it_runs_once_its_agent_says_so(world: World) -> None:
    world.put_image()

    async def check() -> None:
        await world.vm.start([["sh", "-c", "echo its first program"]])
        assert world.vm.run(["true"]) is not None
        await world.logged("its first program")
        await end(world)

    run(check())
    text = world.log.read_text()
    assert re.search("kernel: console=tty(S0|AMA0) .*panic=1 spectrum.vm=work\n", text)
    assert "--- the guest has waypipe" in text


@pytest.mark.parametrize(
    "guest, state, reason",
    [
        ("", VMState.STOPPED, "its guest shut down"),
        ("raise SystemExit(3)", VMState.FAILED, "its guest restarted, as after a crash"),
        ("raise SystemExit(4)", VMState.FAILED, "cloud-hypervisor exited with status 1"),
    ],
)
def test_how_its_guest_ends(world: World, guest: str, state: VMState, reason: str) -> None:
    prints = "print('[    0.1] last words', flush=True); import time; time.sleep(0.5)\n"
    world.definition = world.of(kernel(world.root / "kernel", prints + guest))

    async def check() -> None:
        # It may end while it starts, which is an error then, or later.
        with contextlib.suppress(VMError):
            await world.vm.start()
        await asyncio.wait_for(world.vm.ended(), WAIT_S)

    run(check())
    assert world.vm.status.state is state
    assert world.vm.status.reason.startswith(reason)
    assert ("last words" in world.vm.status.reason) == (state is VMState.FAILED)
    assert world.log.read_text().endswith(f"--- VM work: {state.value}\n")


def test_a_crash_of_its_monitor(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        pid = monitor_pid(world)
        os.kill(pid, signal.SIGSEGV)
        await asyncio.wait_for(world.vm.ended(), WAIT_S)
        assert not os.path.exists(f"/proc/{pid}/exe")

    run(check())
    assert world.vm.status.state is VMState.FAILED
    assert "cloud-hypervisor was ended by SIGSEGV" in world.vm.status.reason


def test_killed(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        pid = monitor_pid(world)
        world.vm.kill()
        await asyncio.wait_for(world.vm.ended(), WAIT_S)
        assert not os.path.exists(f"/proc/{pid}/exe")

    run(check())
    assert (world.vm.status.state, world.vm.status.reason) == (
        VMState.STOPPED,
        "killed on request",
    )


WAITS = "import signal, sys, time\nprint('waits', flush=True)\n"
LISTENS = WAITS + "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\nsignal.pause()\n"
DEAF = WAITS + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()\n"


def test_without_an_agent_its_power_button_is_pressed(world: World) -> None:
    world.definition = world.of(kernel(world.root / "kernel", LISTENS))

    async def check() -> None:
        await world.vm.start()
        await world.logged("waits")
        with pytest.raises(VMError, match="only in guests of our images"):
            world.vm.run(["true"])
        await asyncio.wait_for(world.vm.stop(2 * WAIT_S), WAIT_S)

    run(check())
    assert world.vm.status.reason == "stopped on request"


def test_an_agent_that_does_nothing_about_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked, and then the power button is pressed."""
    monkeypatch.setattr(driver, "_PRESS_S", 0.1)
    connects = "import socket\ns = socket.socket(socket.AF_UNIX)\n"
    connects += "s.connect(sys.argv[1] + '_9001')\n"
    world.definition = world.of(kernel(world.root / "kernel", WAITS + connects + LISTENS))

    async def check() -> None:
        await world.vm.start()
        await world.until(lambda: bool(world.vm._agent and world.vm._agent.connected), "its agent")
        await asyncio.wait_for(world.vm.stop(2 * WAIT_S), WAIT_S)

    run(check())
    assert world.vm.status.reason == "stopped on request"


def test_a_guest_that_is_deaf_is_killed_at_its_deadline(world: World) -> None:
    world.definition = world.of(kernel(world.root / "kernel", DEAF))

    async def check() -> None:
        await world.vm.start()
        await world.logged("waits")
        await asyncio.wait_for(world.vm.stop(0.5), WAIT_S)

    run(check())
    assert "killed: it had not stopped when its deadline passed" in world.vm.status.reason


def test_stopped_while_it_boots(world: World) -> None:
    server(world.bin / "cloud-hypervisor", vm_boot="slow")

    async def check() -> None:
        start = asyncio.ensure_future(world.vm.start())
        await world.until(lambda: bool(world.vm.status.pids), "its process")
        await asyncio.wait_for(world.vm.stop(0.5), WAIT_S)
        with pytest.raises(VMError):
            await start

    run(check())
    assert world.vm.status.state is VMState.STOPPED


def test_it_starts_again(world: World) -> None:
    async def check() -> None:
        for _ in range(2):
            await world.vm.start()
            await end(world)

    run(check())


# --- what can be wrong before it runs


def test_without_virtualisation(world: World) -> None:
    world.why = "there is no /dev/kvm"
    reason = run(world.fails())
    assert reason.endswith("runs nothing without hardware virtualisation: there is no /dev/kvm")
    assert not world.log.exists(), "nothing of it was begun"


def test_without_its_programs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = world.root / "tools"
    tools.mkdir()
    for name in ("bwrap", "setpriv", "prlimit"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", str(tools))
    assert "cloud-hypervisor not found on PATH; Debian has no" in run(world.fails())
    (tools / "cloud-hypervisor").symlink_to(world.bin / "cloud-hypervisor")
    assert run(world.fails()) == "waypipe not found on PATH (Debian: apt-get install waypipe)"


def test_that_is_defined_no_longer(world: World) -> None:
    world.definition = None
    assert run(world.fails()) == "removed from the configuration"


def waits_for_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a monitor that does not end: it does not matter how long its end is waited for."""
    monkeypatch.setattr(driver, "_GONE_S", 0.05)


@pytest.mark.parametrize(
    "call, fault, said",
    [
        ("vmm_ping", "garbage", "does not answer in HTTP/1.1"),
        ("vm_create", "error", "vm.create (status 500): Error from API: what it says ?[31m"),
        ("vm_create", "close", "hung up before a body of a known length was there"),
        ("vm_create", "exit", "cloud-hypervisor exited with status 101"),
        ("vm_boot", "error", "refused vm.boot (status 500)"),
        ("vm_boot", "huge", "larger than 1048576 bytes"),
        ("vm_boot", "exit", "a panic of its own"),
    ],
)
def test_what_its_api_does_wrong(
    world: World, call: str, fault: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault != "exit":
        waits_for_no_end(monkeypatch)
    server(world.bin / "cloud-hypervisor", **{call: fault})
    assert said in run(world.fails())


def test_a_kernel_that_its_monitor_cannot_boot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_for_no_end(monkeypatch)
    server(world.bin / "cloud-hypervisor")
    world.definition = world.of(KERNEL, AGENT, disks=[str(AGENT)])
    text = (world.bin / "cloud-hypervisor").read_text()
    broken = text.replace('open(disk["path"])', 'open(disk["path"] + "-")')
    (world.bin / "cloud-hypervisor").write_text(broken)
    reason = run(world.fails())
    assert "refused vm.boot (status 500): Error from API: The VM could not boot" in reason
    assert "/run/boot/disk-0-" in reason


# --- sessions before and after


def test_it_goes_on_without_the_session_and_the_next_has_it_again(world: World) -> None:
    async def first() -> int:
        await world.vm.start()
        await world.logged("guest console")
        assert not world.vm.leave(keep=False), "it is the session's own"
        assert world.vm.leave(keep=True)
        return monitor_pid(world)

    pid = run(first())
    noted = record.load(world.directory)
    assert noted is not None and noted.alive and noted.driver == "cloud-hypervisor"
    world.vm = world.make()

    async def second() -> None:
        assert world.vm.find(noted)
        await asyncio.wait_for(world.vm.reattach(), WAIT_S)
        assert world.vm.status.state is VMState.RUNNING
        await world.until(lambda: bool(world.vm._agent and world.vm._agent.connected), "its agent")
        assert await asyncio.wait_for(world.vm.run(["true"]).ended, WAIT_S) == 0
        await type_line(world, "again")
        await asyncio.wait_for(world.vm.stop(2 * WAIT_S), WAIT_S)

    run(second())
    assert world.vm.status.state is VMState.STOPPED
    assert not os.path.exists(f"/proc/{pid}/exe")
    log = world.log.read_text()
    assert "asked to power off" in log, "its serial port is heard again"


def test_one_of_which_nothing_was_noted_is_ended(world: World) -> None:
    """As of a session that was killed in the middle of its start."""

    async def first() -> int:
        await world.vm.start()
        pid = monitor_pid(world)
        assert world.vm.leave(keep=True)
        return pid

    pid = run(first())
    (world.directory / record.FILE).unlink()

    async def second() -> None:
        manager = VMManager({}, world.root, world.root, lambda *_: None, lambda name: world.root)
        manager.find_again()
        gone = lambda: not os.path.exists(f"/proc/{pid}/exe")  # noqa: E731
        await world.until(gone, "its end")
        await world.until(lambda: not list(world.directory.parent.iterdir()), "its removal")

    run(second())
    world.vm = world.make()


def test_it_shut_down_while_no_session_looked(world: World) -> None:
    waits = "import os, time\nwhile not os.path.exists('/run/vmm/go'): time.sleep(0.02)\n"
    world.definition = world.of(kernel(world.root / "kernel", waits))

    async def first() -> None:
        await world.vm.start()
        assert world.vm.leave(keep=True)

    run(first())
    noted = record.load(world.directory)
    assert noted is not None
    (world.directory / "vmm" / "go").touch()
    deadline = time.monotonic() + WAIT_S
    while noted.alive:
        assert time.monotonic() < deadline, "its guest shuts down"
        time.sleep(0.02)
    world.vm = world.make()

    async def second() -> None:
        assert not world.vm.find(noted)

    run(second())
    assert world.vm.status.state is VMState.STOPPED
    assert "it ended while no session looked" in world.vm.status.reason


# --- its console


async def type_line(world: World, line: str) -> None:
    """Type at the console, and wait until the guest answers there."""
    console = world.vm._console
    assert console is not None and console._machine is not None
    console._machine.write(f"{line}\n".encode())
    await world.logged(f"<{line}>")


def test_its_console_is_typed_at_and_goes_into_the_log(world: World) -> None:
    async def check() -> None:
        await world.vm.start()
        await world.logged("guest console")
        for line in ("hello", "there"):
            await type_line(world, line)
        await end(world)

    run(check())


@pytest.mark.parametrize(
    "path", ["/dev/tty", "/dev/pts/../tty", "/run/machine/agent", "/dev/pts/999", "/dev/pts/ptmx"]
)
def test_a_console_that_is_another_file(world: World, path: str) -> None:
    """Its monitor, which its guest has taken over, tells the path of anything else."""
    program = world.bin / "cloud-hypervisor"
    program.write_text(program.read_text().replace("os.ttyname(slave)", repr(path)))

    async def check() -> None:
        await world.vm.start()
        assert world.vm._console is None
        await world.logged("--- its console")
        await end(world)

    run(check())


def test_the_hosts_own_terminals_are_not_in_its_reach(world: World) -> None:
    """Its terminals have numbers of their own: one of the same number is another one."""
    ours, theirs = os.openpty()
    path = os.ttyname(theirs)
    program = world.bin / "cloud-hypervisor"
    # As many as it takes until there is one of that number.
    many = "[pty.openpty() for _ in range(9)][0]"
    text = program.read_text().replace("pty.openpty()", many, 1)
    program.write_text(text.replace("os.ttyname(slave)", repr(path)))

    async def check() -> None:
        await world.vm.start()
        await end(world)

    before = termios.tcgetattr(theirs)
    run(check())
    assert termios.tcgetattr(theirs) == before, "nobody made it raw"
    os.close(ours)
    os.close(theirs)


# --- a monitor that its guest has taken over


def test_events_that_are_none(world: World) -> None:
    server(world.bin / "cloud-hypervisor", events="garbage")

    async def check() -> None:
        await world.vm.start()
        await world.logged("no JSON object: its events are heard no more")
        await asyncio.wait_for(world.vm.stop(2 * WAIT_S), WAIT_S)

    run(check())
    assert world.vm.status.reason == "stopped on request"


def test_one_that_floods_events_and_its_serial_port(world: World) -> None:
    """The session does not wait, and neither its memory nor its disk fills."""
    server(world.bin / "cloud-hypervisor", events="flood")
    flood = "import os\nline = b'x' * 4000 + b'\\n'\nwhile True: os.write(1, line)\n"
    world.definition = world.of(kernel(world.root / "kernel", flood))

    async def check() -> None:
        start = asyncio.ensure_future(world.vm.start())
        with contextlib.suppress(VMError):
            await asyncio.wait_for(start, WAIT_S)
        await asyncio.sleep(0)
        used = sum(
            path.stat(follow_symlinks=False).st_size for path in world.directory.rglob("*")
        )
        assert used < 1 << 20, "nothing of it lies about"
        await end(world)

    run(check())
    assert world.log.stat().st_size <= LIMIT


def test_links_in_its_directory_lead_the_session_nowhere(world: World) -> None:
    """It puts a link to another's API in the place of its own."""
    other = world.root / "other"
    with socket.socket(socket.AF_UNIX) as trap:
        trap.bind(str(other))
        trap.listen()
        trap.settimeout(0)

        async def check() -> None:
            await world.vm.start()
            api = world.directory / "vmm" / "api"
            api.unlink()
            api.symlink_to(other)
            with pytest.raises(ApiError, match="no socket"):
                await world.vm._client.info()
            # Told to end, it cannot be asked: it is killed.
            world.vm._agent = None
            await asyncio.wait_for(world.vm.stop(2 * WAIT_S), WAIT_S)

        run(check())
        with pytest.raises(BlockingIOError):
            trap.accept()
    assert world.vm.status.state is VMState.STOPPED


def test_all_that_it_can_write_to(world: World) -> None:
    """What runs in its place looks round in its sandbox."""
    looks = (
        "import os\n"
        "for top in ('/run', '/usr', '/etc', '/home', '/dev', '/'):\n"
        "    for root, directories, files in os.walk(top):\n"
        "        if os.access(root, os.W_OK) and not root.startswith('/proc'):\n"
        "            print('writable', root, os.statvfs(root).f_flag & os.ST_RDONLY, flush=True)\n"
        "for name in ('agent', 'serial', 'events', 'more'):\n"
        "    try:\n"
        "        os.unlink('/run/machine/' + name)\n"
        "        print('unlinked', name, flush=True)\n"
        "    except OSError as error:\n"
        "        print('cannot', name, error.strerror, flush=True)\n"
        "print('wayland', os.path.exists('/run/vm/wayland-0'), flush=True)\n"
        "print('looked', flush=True)\n"
        "import signal; signal.pause()\n"
    )
    world.definition = world.of(kernel(world.root / "kernel", looks))

    async def check() -> None:
        await world.vm.start()
        await world.logged("looked")
        await end(world)

    run(check())
    log = world.log.read_text()
    assert "unlinked" not in log and log.count("cannot") == 4
    assert "wayland False" in log
    # Memory of its own, and its own directory.
    written = {line.split()[1] for line in log.splitlines() if line.startswith("writable")}
    ours = {path for path in written if path.startswith(("/run/vmm", "/run/machine", "/run/tr"))}
    assert ours == {"/run/vmm"}


# --- windows by cross-domain, with a program in the place of crosvm


def put_crosvm(world: World) -> None:
    shutil.copy(CROSVM, world.bin / "crosvm")
    (world.bin / "crosvm").chmod(0o755)
    world.definition = world.of(kernel(world.root / "kernel", LISTENS), transport="cross-domain")


def test_cross_domain(world: World) -> None:
    server(world.bin / "cloud-hypervisor", "gpu")
    put_crosvm(world)

    async def check() -> dict[str, Any]:
        await world.vm.start()
        loop = asyncio.get_running_loop()
        accepted, _ = await asyncio.wait_for(loop.sock_accept(world.wayland), WAIT_S)
        with accepted:
            assert await loop.sock_recv(accepted, 100) == b"from crosvm"
        await world.logged("waits")
        body = await world.vm._client._ask("GET", "vm.info")
        assert not world.vm.leave(keep=True), "its graphics device ends with the session"
        await asyncio.wait_for(world.vm.stop(2 * WAIT_S), WAIT_S)
        told = json.loads(body)
        assert isinstance(told, dict)
        return told

    info = run(check())
    assert world.vm.status.reason == "stopped on request"
    gpu = info["config"].pop("gpu")
    assert gpu == [{"socket": "/run/gpu/gpu"}]
    judge("VmInfo", info)
    log = world.log.read_text()
    assert 'device gpu --socket /run/gpu/gpu --wayland-sock /run/vm/wayland-0 --params {"' in log
    assert "crosvm has gpu program vm\n" in log
    assert "waypipe" not in log


def test_a_cloud_hypervisor_without_spectrums_gpu(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_for_no_end(monkeypatch)
    put_crosvm(world)
    reason = run(world.fails())
    assert "has no gpu, which is a patch of Spectrum's" in reason
    assert 'transport = "auto" does without' in reason


def test_cross_domain_without_crosvm(world: World) -> None:
    put_crosvm(world)
    (world.bin / "crosvm").unlink()
    assert "crosvm not found on PATH" in run(world.fails())


def test_a_crosvm_that_ends_ends_the_machine(world: World) -> None:
    server(world.bin / "cloud-hypervisor", "gpu")
    put_crosvm(world)

    async def check() -> None:
        await world.vm.start()
        (crosvm,) = [p for p in world.vm._processes.values() if p is world.vm._crosvm]
        crosvm.kill()
        await asyncio.wait_for(world.vm.ended(), WAIT_S)

    run(check())
    assert world.vm.status.state is VMState.FAILED
    assert "crosvm, which brings its windows, was" in world.vm.status.reason


def test_a_crosvm_that_does_not_start(world: World) -> None:
    server(world.bin / "cloud-hypervisor", "gpu")
    put_crosvm(world)
    (world.bin / "crosvm").write_text("#!/bin/sh\necho no graphics; exit 3\n")
    reason = run(world.fails())
    assert "crosvm, which brings its windows, exited with status 3" in reason
    assert "no graphics" in reason
