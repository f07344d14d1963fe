"""A VM "work" of the driver, on a server that stands in for cloud-hypervisor and boots programs."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from spectrum_session import images
from spectrum_session.config.schema import VM
from spectrum_session.images.recipe import Recipe, this_architecture
from spectrum_session.images.store import FILES, Store
from spectrum_session.vm.drivers.cloud_hypervisor.attached import AttachedVM
from spectrum_session.vm.drivers.cloud_hypervisor.driver import CloudHypervisorVM
from spectrum_session.vm.drivers.cloud_hypervisor.http import Parser, request
from spectrum_session.vm.drivers.machine import MachineSetup
from spectrum_session.vm.errors import VMError
from spectrum_session.vm.model import VMState, VMStatus

HERE = Path(__file__).parent
SERVER = HERE / "cloud_hypervisor_server.py"
CROSVM = HERE / "crosvm_server.py"
KERNEL = HERE / "guest_kernel.py"
AGENT = Path(images.__file__).parent / "guest" / "agent"

WAIT_S = 60.0
"""How long anything may take that is waited for."""


def server(path: Path, *features: str, **faults: str) -> Path:
    """The server at `path`, which is to do this wrong (`vm_boot="slow"`)."""
    named = {name.replace("_", ".", 1).replace("_", "-"): fault for name, fault in faults.items()}
    text = SERVER.read_text()
    text = text.replace("FAULTS: dict[str, str] = {}", f"FAULTS = {named!r}")
    text = text.replace("FEATURES: list[str] = []", f"FEATURES = {list(features)!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def kernel(path: Path, text: str) -> Path:
    """A guest that is another program than our agent."""
    path.write_text(text)
    path.chmod(0o644)
    return path


class World:
    """The VM, everything it needs, and its statuses so far."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root.chmod(0o755)
        self.root = root
        self.bin = root / "bin"
        monkeypatch.setenv("PATH", f"{self.bin}:{os.environ['PATH']}")
        server(self.bin / "cloud-hypervisor")
        self.definition: VM | None = self.of(KERNEL, AGENT)
        self.log = root / "work.log"
        self.directory = root / "guests" / "work"
        self.seen: list[VMStatus] = []
        self.changed = asyncio.Event()
        self.why = ""
        self.wayland = socket.socket(socket.AF_UNIX)
        self.wayland.bind(str(root / "wayland-0"))
        self.wayland.listen()
        self.wayland.setblocking(False)
        self.store = Store(root / "images")
        self.vm = self.make()

    def make(self) -> CloudHypervisorVM:
        """The VM, as a session makes it at its start."""
        return CloudHypervisorVM(
            MachineSetup(
                "work",
                self.root / "wayland-0",
                self.log,
                self._changed,
                lambda: self.definition,
                self.directory,
            ),
            self.store,
            self._why_no_kvm,
            # Something that is a device and open to all: nothing here is virtualised.
            kvm=Path("/dev/null"),
        )

    def of(self, kernel: Path, initramfs: Path | None = None, **more: object) -> VM:
        """A definition with a kernel of its own."""
        paths = {"kernel": str(kernel), "initramfs": str(initramfs or "")}
        return VM(driver="cloud-hypervisor", memory_mb=256, **paths, **more)  # type: ignore[arg-type]

    def put_image(self) -> None:
        """Make it a VM with an image of ours, which boots our agent."""
        recipe = Recipe("work", ("foot",), architecture=this_architecture())
        with self.store.building(recipe) as directory:
            for name, source in zip(FILES, (KERNEL, AGENT, AGENT), strict=False):
                shutil.copy(source, directory / name)
        self.definition = VM(driver="cloud-hypervisor", packages=["foot"])

    def _changed(self, status: VMStatus) -> None:
        self.seen.append(status)
        self.changed.set()

    async def _why_no_kvm(self) -> str:
        return self.why

    async def until(self, done: Callable[[], bool], what: str) -> None:
        """Wait for a state."""
        for _ in range(int(WAIT_S / 0.02)):
            if done():
                return
            await asyncio.sleep(0.02)
        log = self.log.read_text() if self.log.exists() else "(no log)"
        raise AssertionError(f"not within {WAIT_S} s: {what}; {self.vm.status}; log:\n{log}")

    async def logged(self, text: str) -> None:
        await self.until(lambda: self.log.exists() and text in self.log.read_text(), text)

    async def fails(self) -> str:
        """Start it, and return why it failed."""
        with pytest.raises(VMError) as caught:
            await asyncio.wait_for(self.vm.start(), WAIT_S)
        assert self.vm.status.state is VMState.FAILED
        assert str(caught.value) == f"work: {self.vm.status.reason}"
        assert not self.directory.exists()
        return self.vm.status.reason


class Host:
    """A service manager of the host: runs the server for a VM in a directory of its own."""

    def __init__(self, root: Path) -> None:
        root.chmod(0o755)
        self.directory = root / "run" / "vm" / "user.work"
        self.directory.mkdir(parents=True)
        self.program = server(root / "host" / "cloud-hypervisor")
        self.api_socket = self.directory / "vmm"
        self.process: subprocess.Popen[bytes] | None = None

    def config(self, kernel: Path = KERNEL, **more: object) -> dict[str, object]:
        """The machine as the service manager has it made."""
        return {
            "payload": {"kernel": str(kernel), "initramfs": str(AGENT), "cmdline": "its own"},
            "console": {"mode": "Pty"},
            "serial": {"mode": "Null"},
            "vsock": {"cid": 3, "socket": str(self.directory / "vsock")},
            **more,
        }

    def run(self, config: dict[str, object] | None = None) -> None:
        """Start the server, and have a machine created, which nobody boots."""
        self.api_socket.unlink(missing_ok=True)
        # In a namespace of its own: what it starts ends with it.
        argv = ["bwrap", "--dev-bind", "/", "/", "--unshare-pid"]
        argv += ["--die-with-parent", str(self.program)]
        argv += ["--api-socket", f"path={self.api_socket}"]
        self.process = subprocess.Popen(argv)
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                self.ask("GET", "vmm.ping")
                break
            except OSError:
                assert time.monotonic() < deadline and self.process.poll() is None
                time.sleep(0.02)
        if config is not None:
            self.ask("PUT", "vm.create", config)

    def ask(self, method: str, call: str, body: object = None) -> bytes:
        """As `ch-remote` does; the answer."""
        text = b"" if body is None else json.dumps(body).encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(WAIT_S)
            connection.connect(str(self.api_socket))
            connection.sendall(request(method, f"/api/v1/{call}", text))
            parser = Parser()
            while (answer := parser.feed(connection.recv(1 << 16))) is None:
                continue
        assert answer.status in (200, 204), answer
        return answer.body

    @property
    def state(self) -> str:
        return str(json.loads(self.ask("GET", "vm.info"))["state"])

    def end(self) -> None:
        """End it as a service manager does, with all that it started."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Attached:
    """The VM "work" that is attached to what a host runs."""

    def __init__(self, root: Path, host: Host, name: str = "work") -> None:
        self.root = root
        self.definition: VM | None = VM(
            driver="cloud-hypervisor", api_socket=str(host.api_socket)
        )
        self.log = root / f"{name}.log"
        self.directory = root / "attached" / name
        self.seen: list[VMStatus] = []
        self.opened = 0
        self.wayland = socket.socket(socket.AF_UNIX)
        self.wayland.bind(str(root / f"wayland-{name}"))
        self.wayland.listen()
        self.wayland.setblocking(False)
        self.vm = AttachedVM(
            MachineSetup(
                name,
                root / f"wayland-{name}",
                self.log,
                self.seen.append,
                lambda: self.definition,
                self.directory,
            ),
            self._open,
        )

    def _open(self) -> None:
        self.opened += 1

    @property
    def state(self) -> VMState:
        """Where it is in its life, now."""
        return self.vm.status.state

    async def agent(self) -> None:
        """Wait until its guest's agent is there."""

        def connected() -> bool:
            return self.vm._agent is not None and self.vm._agent.connected

        await self.until(connected, "its agent")

    async def until(self, done: Callable[[], bool], what: str) -> None:
        """Wait for a state."""
        for _ in range(int(WAIT_S / 0.02)):
            if done():
                return
            await asyncio.sleep(0.02)
        log = self.log.read_text() if self.log.exists() else "(no log)"
        raise AssertionError(f"not within {WAIT_S} s: {what}; {self.vm.status}; log:\n{log}")

    async def is_(self, state: VMState, reason: str = "") -> None:
        """Wait until it is that, and for that reason."""

        def done() -> bool:
            return self.vm.status.state is state and reason in self.vm.status.reason

        await self.until(done, f"{state}, {reason}")

    def close(self) -> None:
        self.wayland.close()
