"""Machines that the host's own service manager runs: seen, booted, shut down, and left alone."""

from __future__ import annotations

import asyncio
import os
import socket
import termios
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from spectrum_session.config.schema import VM
from spectrum_session.vm.drivers.cloud_hypervisor import attached as attach
from spectrum_session.vm.drivers.cloud_hypervisor.place import Place
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.model import VMState
from tests.unit.vm.world import run

from .world import CROSVM, WAIT_S, Attached, Host, kernel, server


def live(attached: Attached, check: Callable[[], Awaitable[None]]) -> None:
    """Watch the VM for as long as the check takes, and let go of it as an ending session does."""

    async def whole() -> None:
        attached.vm.watch()
        try:
            await check()
        finally:
            attached.vm.leave(keep=False)

    run(whole())


def test_it_is_booted_runs_programs_and_is_shut_down(
    host: Host, attached: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attach, "_AGAIN_S", 0.1)
    host.run(host.config())

    async def check() -> None:
        await attached.is_(VMState.STOPPED, "its machine is off")
        await asyncio.wait_for(attached.vm.start(), WAIT_S)
        assert (attached.state, host.state) == (VMState.RUNNING, "Running")
        (pid,) = attached.vm.status.pids
        assert str(host.program) in Path(f"/proc/{pid}/cmdline").read_text()
        await attached.agent()
        program = attached.vm.run(["echo", "hello"])
        assert await asyncio.wait_for(program.ended, WAIT_S) == 0
        assert bytes(program.output) == b"hello\n"
        await asyncio.wait_for(attached.vm.stop(WAIT_S), WAIT_S)
        # The guest's end was its cloud-hypervisor's.
        await attached.is_(VMState.STOPPED, "nobody runs it")

    live(attached, check)
    assert sorted(os.listdir(host.directory)) == ["vmm", "vsock"], "nothing of ours stays there"


def test_it_goes_on_without_the_session_and_is_found_by_the_next(
    host: Host, attached: Attached
) -> None:
    host.run(host.config())

    async def boot() -> None:
        await asyncio.wait_for(attached.vm.start(), WAIT_S)

    live(attached, boot)
    assert host.state == "Running"
    again = Attached(attached.root, host, "again")

    async def find() -> None:
        await again.is_(VMState.RUNNING, "it ran already")
        assert again.opened == 1
        await again.agent()
        program = again.vm.run(["echo", "hello"])
        assert await asyncio.wait_for(program.ended, WAIT_S) == 0

    live(again, find)
    again.close()
    assert host.state == "Running"


def test_a_client_in_the_guest_reaches_the_vms_own_wayland_socket(
    host: Host, attached: Attached
) -> None:
    host.run(host.config())
    connects = "import os, socket; s = socket.socket(socket.AF_UNIX);"
    connects += " s.connect(os.environ['XDG_RUNTIME_DIR'] + '/wayland-0');"
    connects += " s.send(bytes.fromhex('01000000 01000c00 02000000')); s.recv(1)"

    async def check() -> None:
        await attached.vm.start()
        await attached.until(lambda: "the guest has waypipe" in attached.log.read_text(), "agent")
        attached.vm.spawn(["python3", "-c", connects])
        loop = asyncio.get_running_loop()
        said = b""
        while not said:
            accepted, _ = await asyncio.wait_for(loop.sock_accept(attached.wayland), WAIT_S)
            accepted.setblocking(False)
            said = await asyncio.wait_for(loop.sock_recv(accepted, 100), WAIT_S)
            accepted.close()
        assert said.startswith(bytes.fromhex("01000000 01000c00 02000000"))

    live(attached, check)


def test_what_others_do_is_seen(
    host: Host, attached: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attach, "_AGAIN_S", 0.1)

    async def seen(state: VMState, reason: str) -> None:
        """One look is enough."""
        await attached.vm.look()
        assert (attached.state, reason in attached.vm.status.reason) == (state, True)

    async def check() -> None:
        await attached.is_(VMState.STOPPED, "nobody runs it")
        host.run(host.config())
        await attached.is_(VMState.STOPPED, "its machine is off")
        host.ask("PUT", "vm.boot")
        await seen(VMState.RUNNING, "it ran already")
        host.ask("PUT", "vm.pause")
        await seen(VMState.FAILED, "Paused")
        host.ask("PUT", "vm.resume")
        await seen(VMState.RUNNING, "it ran already")
        host.end()
        await attached.is_(VMState.FAILED, "its cloud-hypervisor ended")
        host.run(host.config())
        await attached.is_(VMState.STOPPED, "its machine is off")

    live(attached, check)


def test_one_that_is_started_anew_at_once_has_stopped(
    host: Host, attached: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long "at once" is on this machine.
    monkeypatch.setattr(attach, "_AGAIN_S", WAIT_S)
    host.run(host.config())

    async def check() -> None:
        await attached.vm.start()
        host.end()
        await attached.vm.look()
        host.run(host.config())
        await attached.is_(VMState.STOPPED, "its machine is off")
        assert VMState.FAILED not in [status.state for status in attached.seen]

    live(attached, check)


def test_killed_means_turned_off_and_its_monitor_stays(host: Host, attached: Attached) -> None:
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    waits = deaf + "print('deaf', flush=True)\nwhile True: signal.pause()\n"
    serial = {"mode": "File", "file": str(attached.root / "serial")}
    host.run(host.config(kernel(attached.root / "kernel", waits), serial=serial))

    async def check() -> None:
        await attached.vm.start()
        attached.vm.kill()
        await asyncio.wait_for(attached.vm.ended(), WAIT_S)
        assert attached.vm.status.reason == "killed on request"
        assert host.state == "Shutdown"
        # Deaf to its power button, it is turned off when its time is over.
        await attached.vm.start()
        printed = (attached.root / "serial").read_text
        await attached.until(lambda: printed() == "deaf\n", "its guest")
        await asyncio.wait_for(attached.vm.stop(1), WAIT_S)
        assert "killed: it had not stopped" in attached.vm.status.reason
        assert host.state == "Shutdown"

    live(attached, check)


def test_what_cannot_be_booted(host: Host, attached: Attached) -> None:
    async def fails(said: str) -> None:
        with pytest.raises(VMError, match=said):
            await asyncio.wait_for(attached.vm.start(), WAIT_S)
        assert attached.state is VMState.FAILED

    async def check() -> None:
        await fails(r"nobody runs it: its service, which is the host's, makes .*vmm")
        host.run()
        await fails("has no machine that could be booted")
        host.ask("PUT", "vm.create", host.config(Path("/nowhere/kernel")))
        await fails(r"refused vm.boot \(status 500\): Error from API: The VM could not boot")
        host.end()
        host.run(host.config())
        host.ask("PUT", "vm.boot")
        host.ask("PUT", "vm.pause")
        await fails("its machine is in the state Paused")
        attached.definition = None
        await fails("removed from the configuration")

    live(attached, check)


def test_it_costs_nothing_while_nothing_happens(host: Host, attached: Attached) -> None:
    """One look when its socket comes, and none after it: whatever time passes."""
    host.run(host.config())
    looks = 0
    original = attached.vm._seen

    async def counted(answer: object) -> None:
        nonlocal looks
        looks += 1
        await original(answer)  # type: ignore[arg-type]

    attached.vm._seen = counted  # type: ignore[method-assign]

    async def check() -> None:
        await attached.is_(VMState.STOPPED, "its machine is off")
        looker = attached.vm._looker
        assert looker is not None
        # Nothing is planned, so that nothing can come of time alone.
        await attached.until(lambda: looker._timer is None and looker._looking is None, "rest")
        assert looks <= 2
        before = time.process_time()
        await attached.vm.look()
        assert looker._timer is None, "a look plans no other"
        assert time.process_time() - before < 5

    live(attached, check)


# --- a cloud-hypervisor that its guest has taken over


@pytest.mark.parametrize("fault", ["garbage", "nonsense", "huge", "close", "error"])
def test_what_it_answers_makes_it_fail_alone(host: Host, attached: Attached, fault: str) -> None:
    server(host.program, vm_info=fault)
    host.run()

    async def check() -> None:
        await attached.is_(VMState.FAILED)
        assert "vm.info" in attached.vm.status.reason
        assert "\x1b" not in attached.vm.status.reason

    live(attached, check)


def test_a_terminal_of_somebody_elses_is_not_opened(host: Host, attached: Attached) -> None:
    """It tells the path of a terminal of the host's whose other end somebody else holds."""
    ours, theirs = os.openpty()
    program = host.program
    program.write_text(
        program.read_text().replace("os.ttyname(slave)", repr(os.ttyname(theirs)))
    )
    host.run(host.config())
    before = termios.tcgetattr(theirs)

    async def check() -> None:
        await asyncio.wait_for(attached.vm.start(), WAIT_S)
        assert attached.vm._console is None
        assert "is a terminal of somebody else's" in attached.log.read_text()

    live(attached, check)
    assert termios.tcgetattr(theirs) == before, "nobody made it raw"
    os.close(ours)
    os.close(theirs)


def test_its_own_terminal_is(host: Host, attached: Attached) -> None:
    host.run(host.config())

    async def check() -> None:
        await asyncio.wait_for(attached.vm.start(), WAIT_S)
        assert attached.vm._console is not None
        await attached.until(lambda: "guest console" in attached.log.read_text(), "its console")

    live(attached, check)


def test_it_cannot_have_anothers_sockets(host: Host, attached: Attached) -> None:
    """It says that its vsock is where another machine's is: there is nothing made there."""
    other = attached.root / "run" / "vm" / "user.other"
    other.mkdir()
    for path in (f"{other}/vsock", f"{host.directory}/../user.other/vsock", "vsock", "", "/"):
        host.end()
        host.run(host.config(vsock={"cid": 3, "socket": path}))
        # What stands in for cloud-hypervisor would make it; the machine itself does not matter.
        text = host.program.read_text().replace("self._vsock(self.config", "len(self.config")
        host.program.write_text(text)
        host.end()
        host.run(host.config(vsock={"cid": 3, "socket": path}))

        async def check() -> None:
            with pytest.raises(VMError, match=r"its vsock is (at .*, not in|missing)"):
                await asyncio.wait_for(attached.vm.start(), WAIT_S)

        live(attached, check)
    assert os.listdir(other) == []


# --- windows by cross-domain, with a program in the place of crosvm


def cross_domain(
    host: Host, attached: Attached, monkeypatch: pytest.MonkeyPatch, program: str
) -> Path:
    """Give the machine a graphics device; returns where its socket is wanted."""
    directory = attached.root / "bin"
    directory.mkdir()
    (directory / "crosvm").write_text(program)
    (directory / "crosvm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    attached.definition = VM(
        driver="cloud-hypervisor", api_socket=str(host.api_socket), transport="cross-domain"
    )
    host.program = server(host.program, "gpu")
    host.run(host.config(gpu=[{"socket": str(host.directory / "gpu")}]))
    return host.directory / "gpu"


def test_cross_domain(
    host: Host, attached: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = cross_domain(host, attached, monkeypatch, CROSVM.read_text())

    async def check() -> None:
        await asyncio.wait_for(attached.vm.start(), WAIT_S)
        with socket.socket(socket.AF_UNIX) as device:
            device.connect(str(gpu))
        await attached.is_(VMState.RUNNING)

    live(attached, check)
    assert not gpu.is_symlink()


def test_a_crosvm_that_ends_while_it_is_waited_for(
    host: Host, attached: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine is not booted, and no link leads it to a socket that nobody listens on."""
    gpu = cross_domain(host, attached, monkeypatch, "#!/bin/sh\necho no graphics; exit 3\n")
    linked: list[Path] = []
    original = Place.link

    def link(place: Place, name: str, target: Path) -> None:
        linked.append(target)
        original(place, name, target)

    monkeypatch.setattr(Place, "link", link)

    async def check() -> None:
        with pytest.raises(VMError, match="crosvm, which brings its windows, exited with status 3"):
            await asyncio.wait_for(attached.vm.start(), WAIT_S)
        assert attached.state is VMState.FAILED
        assert linked == [] and not gpu.is_symlink()
        assert host.state == "Created"

    live(attached, check)
    assert "no graphics" in attached.log.read_text()


def test_links_in_its_directory_are_not_followed(host: Host, attached: Attached) -> None:
    host.run(host.config())
    precious = attached.root / "precious"
    precious.write_text("precious")
    for port in (9000, 9001):
        (host.directory / f"vsock_{port}").symlink_to(precious)

    async def check() -> None:
        await asyncio.wait_for(attached.vm.start(), WAIT_S)
        assert (host.directory / "vsock_9001").is_socket()

    live(attached, check)
    assert precious.read_text() == "precious"

    # The API's own place: a link to another's socket is no way to it.
    real = host.api_socket.rename(host.directory / "real")
    host.api_socket.symlink_to(real)

    other = Attached(attached.root, host, "other")

    async def check_other() -> None:
        await other.is_(VMState.FAILED, "it is no socket")

    live(other, check_other)
    other.close()


def test_what_is_in_the_way_is_not_taken_away(host: Host, attached: Attached) -> None:
    host.run(host.config())
    (host.directory / "vsock_9001").mkdir()

    async def in_the_way() -> None:
        with pytest.raises(VMError, match="vsock_9001 is in the way"):
            await asyncio.wait_for(attached.vm.start(), WAIT_S)

    live(attached, in_the_way)
    (host.directory / "vsock_9001").rmdir()
    second = Attached(attached.root, host, "second")

    async def two_sessions() -> None:
        await asyncio.wait_for(attached.vm.start(), WAIT_S)
        second.vm.watch()
        await second.until(lambda: "another session?" in second.vm.status.note, "its note")
        second.vm.leave(keep=False)
        assert attached.state is VMState.RUNNING

    live(attached, two_sessions)
    second.close()


def test_one_that_floods_its_directory_is_looked_at_no_more_often(
    host: Host, attached: Attached
) -> None:
    host.run(host.config())
    looks: list[float] = []
    original = attached.vm._seen

    async def counted(answer: object) -> None:
        looks.append(time.monotonic())
        await original(answer)  # type: ignore[arg-type]

    attached.vm._seen = counted  # type: ignore[method-assign]

    async def check() -> None:
        await attached.is_(VMState.STOPPED, "its machine is off")
        for _ in range(60):
            aside = host.api_socket.rename(host.directory / "aside")
            aside.rename(host.api_socket)
            await asyncio.sleep(0.05)
        await attached.vm.look()

    live(attached, check)
    between = [after - before for before, after in pairwise(looks[:-1])]
    assert all(gap > 0.9 for gap in between), between
