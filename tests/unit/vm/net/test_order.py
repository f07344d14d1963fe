"""Net providers run before their clients and end after them, whoever starts and stops what."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.config.schema import VM
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.manager import VMManager
from spectrum_session.vm.model import VMState, VMStatus
from spectrum_session.vm.names import socket_path
from tests.unit.vm.world import run


class Session:
    """A manager and all that it told, as (name, state, reason). `slow` gives the VM "slow" a start
    that takes until `go_on` is set: a machine for which hardware virtualisation is tried."""

    def __init__(self, directory: Path, net: Mapping[str, str], slow: bool = False) -> None:
        self.directory = directory
        self.seen: list[tuple[str, str, str]] = []
        self.listeners: list[socket.socket] = []
        self.trying, self.go_on = asyncio.Event(), threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        definitions = {name: VM(net=provider) for name, provider in net.items()}
        if slow:
            (directory / "kernel").write_text("none")
            (directory / "kernel").chmod(0o644)
            kernel = str(directory / "kernel")
            definitions["slow"] = VM(driver="qemu", kernel=kernel, net=net.get("slow", ""))
        self.manager = VMManager(
            definitions,
            directory,
            directory / "log",
            self.changed,
            self.listen,
            self.why_no_kvm,
        )

    def changed(self, name: str, status: VMStatus) -> None:
        now = (name, status.state.value, status.reason)
        # A process that comes or goes is news too, but not of this.
        if [one for one in self.seen if one[0] == name][-1:] != [now]:
            self.seen.append(now)

    def why_no_kvm(self) -> str:
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self.trying.set)
        assert self.go_on.wait(20)
        return "not here"

    def listen(self, name: str) -> Path:
        if name == "deaf":
            raise OSError(28, "No space left on device")
        path = socket_path(self.directory, name)
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        path.unlink(missing_ok=True)
        self.listeners.append(socket.socket(socket.AF_UNIX))
        self.listeners[-1].bind(str(path))
        self.listeners[-1].listen()
        return path

    def close(self) -> None:
        self.go_on.set()
        for listener in self.listeners:
            listener.close()

    def state(self, name: str) -> VMState:
        return self.manager.states()[name].state

    def slot(self, name: str, state: str, reason: str = "") -> int:
        """Where in all that was told this stands, which it does once."""
        found = [
            index
            for index, (vm, now, why) in enumerate(self.seen)
            if (vm, now) == (name, state) and reason in why
        ]
        assert len(found) == 1, self.seen
        return found[0]


def test_a_chain_starts_from_its_end_and_ends_from_its_start(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "b", "b": "c", "c": "", "other": ""})

    async def check() -> None:
        await session.manager.start("a")
        assert session.slot("c", "running") < session.slot("b", "starting", "asked to start")
        assert session.slot("b", "running") < session.slot("a", "starting", "asked to start")
        assert session.slot("a", "starting", "waits for b") < session.slot("c", "starting")
        assert session.state("other") is VMState.DEFINED
        await session.manager.shutdown(5)
        assert session.slot("a", "stopped") < session.slot("b", "stopped")
        assert session.slot("b", "stopped") < session.slot("c", "stopped")

    run(check())
    session.close()


def test_a_provider_that_runs_is_left_alone(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "net", "net": ""})

    async def check() -> None:
        await session.manager.start("net")
        await session.manager.start("a")
        session.slot("net", "starting")
        assert not [why for _, _, why in session.seen if "waits" in why]
        assert session.manager.clients_of("net") == ["a"]
        assert session.manager.clients_of("a") == []
        # Its clients lose their network; nothing else happens to them.
        await session.manager.stop("net")
        assert session.state("a") is VMState.RUNNING
        await session.manager.shutdown()

    run(check())
    session.close()


def test_several_clients_start_it_once_and_fail_with_its_reason(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "slow", "b": "slow", "c": "b"}, slow=True)

    async def check() -> None:
        session.loop = asyncio.get_running_loop()
        starts = [asyncio.ensure_future(session.manager.start(name)) for name in "abc"]
        await asyncio.wait_for(session.trying.wait(), 20)
        reasons = {name: session.manager.states()[name].reason for name in "abc"}
        assert reasons == {"a": "waits for slow", "b": "waits for slow", "c": "waits for b"}
        assert {session.state(name) for name in "abc"} == {VMState.STARTING}
        assert session.manager.clients_of("slow") == [], "they have no network yet"
        session.go_on.set()
        for name, start in zip("abc", starts, strict=True):
            with pytest.raises(VMError, match=f"{name}: it has no network: .*QEMU exited"):
                await start
        session.slot("slow", "starting", "asked to start")
        for name in "abc":
            assert session.state(name) is VMState.FAILED
            assert "slow: " in session.manager.states()[name].reason
        await session.manager.shutdown()

    run(check())
    session.close()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_one_that_waits_can_be_stopped_and_does_not_start_later(tmp_path: Path, how: str) -> None:
    session = Session(tmp_path, {"a": "slow", "b": "slow"}, slow=True)

    async def check() -> None:
        session.loop = asyncio.get_running_loop()
        start = asyncio.ensure_future(session.manager.start("a"))
        await asyncio.wait_for(session.trying.wait(), 20)
        if how == "stop":
            await session.manager.stop("a")
        else:
            session.manager.kill("a")
        assert session.state("a") is VMState.STOPPED
        assert session.state("slow") is VMState.STARTING
        session.go_on.set()
        with pytest.raises(VMError):
            await start
        assert session.state("a") is VMState.STOPPED
        await session.manager.shutdown()

    run(check())
    session.close()


def test_one_that_was_stopped_does_not_start_when_its_provider_is_up(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "net"})
    definitions = {"a": VM(net="net"), "net": VM(command=["sleep", "1000"])}
    session.manager.update(definitions)

    async def check() -> None:
        start = asyncio.ensure_future(session.manager.start("a"))
        while session.manager.states()["net"].state is not VMState.STARTING:
            await asyncio.sleep(0)
        await session.manager.stop("a")
        with pytest.raises(VMError, match="a: it was stopped while it waited for net"):
            await start
        assert session.state("net") is VMState.RUNNING
        assert session.state("a") is VMState.STOPPED
        await session.manager.shutdown()

    run(check())
    session.close()


@pytest.mark.parametrize("now", [None, VM(driver="qemu")])
def test_one_that_is_another_when_its_provider_is_up_does_not_start(
    tmp_path: Path, now: VM | None
) -> None:
    session = Session(tmp_path, {"a": "net"})
    net = VM(command=["sleep", "1000"])
    session.manager.update({"a": VM(net="net"), "net": net})

    async def check() -> None:
        start = asyncio.ensure_future(session.manager.start("a"))
        while session.manager.states()["net"].state is not VMState.STARTING:
            await asyncio.sleep(0)
        session.manager.update({"net": net} if now is None else {"a": now, "net": net})
        with pytest.raises(VMError, match="a: its definition changed while it waited"):
            await start
        assert "a" not in session.manager.states() or session.state("a").ended
        await session.manager.shutdown()

    run(check())
    session.close()


def test_one_that_waited_and_cannot_be_listened_to_has_failed(tmp_path: Path) -> None:
    session = Session(tmp_path, {"deaf": "net", "net": ""})

    async def check() -> None:
        with pytest.raises(OSError, match="No space left"):
            await session.manager.start("deaf")
        assert session.state("deaf") is VMState.FAILED
        assert "No space left" in session.manager.states()["deaf"].reason
        await session.manager.shutdown()

    run(check())
    session.close()


def test_a_start_goes_on_when_who_asked_is_gone(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "slow"}, slow=True)

    async def check() -> None:
        session.loop = asyncio.get_running_loop()
        start = asyncio.ensure_future(session.manager.start("a"))
        await asyncio.wait_for(session.trying.wait(), 20)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        assert session.state("a") is VMState.STARTING
        session.go_on.set()
        while not session.state("a").ended:
            await asyncio.sleep(0)
        assert session.state("a") is VMState.FAILED
        await session.manager.shutdown()

    run(check())
    session.close()


def test_a_session_that_ends_keeps_nobody_waiting(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "slow"}, slow=True)

    async def check() -> None:
        session.loop = asyncio.get_running_loop()
        start = asyncio.ensure_future(session.manager.start("a"))
        await asyncio.wait_for(session.trying.wait(), 20)
        end = asyncio.ensure_future(session.manager.shutdown())
        await asyncio.sleep(0)
        session.go_on.set()
        with pytest.raises(VMError):
            await start
        await end
        assert session.state("a").ended and session.state("slow").ended

    run(check())
    session.close()


def test_a_cycle_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "b", "b": ""})
    with pytest.raises(VMError, match="a would wait for itself: a → b → a"):
        session.manager.update({"a": VM(net="b"), "b": VM(net="a")})
    with pytest.raises(VMError, match="would wait for itself"):
        session.manager.update({"a": VM(net="a")})

    async def check() -> None:
        await session.manager.start("a")
        await session.manager.shutdown()

    run(check())
    session.close()


def test_a_provider_that_is_not_there_is_an_error_of_its_client(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "gone"})

    async def check() -> None:
        with pytest.raises(VMError, match="there is no VM 'gone'"):
            await session.manager.start("a")

    run(check())
    session.close()


@st.composite
def nets(draw: st.DrawFn) -> dict[str, str]:
    """VMs of which each has its network from one that comes before it, or from none."""
    count = draw(st.integers(1, 8))
    net = {}
    for number in range(count):
        provider = draw(st.integers(-1, number - 1))
        net[f"vm{number}"] = f"vm{provider}" if provider >= 0 else ""
    return net


@settings(max_examples=30)
@given(nets(), st.data())
def test_whatever_is_started_together_comes_and_goes_in_order(
    net: dict[str, str], data: st.DataObject
) -> None:
    wanted = data.draw(st.lists(st.sampled_from(sorted(net)), unique=True))
    with tempfile.TemporaryDirectory() as directory:
        session = Session(Path(directory), net)

        async def check() -> None:
            answers = await asyncio.gather(
                *(session.manager.start(name) for name in wanted), return_exceptions=True
            )
            # One that was started for a client before it was asked for itself says so.
            assert all(isinstance(answer, VMError) for answer in answers if answer is not None)
            for name in wanted:
                while net.get(name):
                    assert session.state(name) is VMState.RUNNING
                    name = net[name]
            running = {name for name, state, _ in session.seen if state == "running"}
            for name in running:
                if net[name]:
                    asked = session.slot(name, "starting", "asked to start")
                    assert session.slot(net[name], "running") < asked
            await session.manager.shutdown()
            for name in running:
                if net[name]:
                    assert session.slot(name, "stopped") < session.slot(net[name], "stopped")

        run(check())
        session.close()


def test_what_it_waits_is_no_part_of_how_long_a_start_takes(tmp_path: Path) -> None:
    session = Session(tmp_path, {"a": "net"})
    definitions = {"a": VM(net="net"), "net": VM(command=["sleep", "1000"])}
    session.manager.update(definitions)

    async def check() -> None:
        await session.manager.start("a")
        boot, provider = session.manager.boot("a"), session.manager.boot("net")
        assert boot is not None and provider is not None
        assert boot.began > provider.began
        assert boot.began > session.manager.states()["net"].since - 1e-3
        await session.manager.shutdown()

    run(check())
    session.close()
