"""What the kernel tells of files that come and go, and of connections."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

from spectrum_session.vm.drivers.cloud_hypervisor.watch import HangUp, NameWatch
from tests.unit.vm.world import WAIT_S, run


class Told:
    """How often something was told."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.times = 0

    def __call__(self) -> None:
        self.times += 1
        self.event.set()

    async def by(self, change: Callable[[], object]) -> None:
        """Do something, and wait until it is told."""
        self.event.clear()
        change()
        await asyncio.wait_for(self.event.wait(), WAIT_S)


def test_a_file_that_comes_and_goes(tmp_path: Path) -> None:
    path = tmp_path / "vm" / "user.work" / "vmm"

    async def check() -> None:
        told = Told()
        watch = NameWatch(path, told)
        await told.by(path.parent.parent.mkdir)
        await told.by(path.parent.mkdir)
        await told.by(path.touch)
        await told.by(path.unlink)
        await told.by(path.touch)
        await told.by(lambda: path.parent.rename(path.parent.with_name("other")))
        await told.by(path.parent.mkdir)
        await told.by(path.touch)
        watch.close()

    run(check())


def test_a_link_that_leads_elsewhere(tmp_path: Path) -> None:
    """Names of VMs are links to their numbers, in Spectrum's newer trees."""
    for number in ("1", "2"):
        (tmp_path / "by-id" / number).mkdir(parents=True)
    link = tmp_path / "by-name" / "user.work"
    link.parent.mkdir()
    link.symlink_to("../by-id/1")

    async def check() -> None:
        told = Told()
        watch = NameWatch(link / "vmm", told)
        await told.by((tmp_path / "by-id" / "1" / "vmm").touch)
        new = link.with_name("new")
        new.symlink_to("../by-id/2")
        await told.by(lambda: new.rename(link))
        await told.by((tmp_path / "by-id" / "2" / "vmm").touch)
        watch.close()

    run(check())


def test_other_names_are_nobodys_business(tmp_path: Path) -> None:
    async def check() -> None:
        told = Told()
        watch = NameWatch(tmp_path / "vmm", told)
        for number in range(2000):
            (tmp_path / f"other-{number}").touch()
        await told.by((tmp_path / "vmm").touch)
        assert told.times == 1
        watch.close()

    run(check())


def test_more_than_the_kernel_keeps_is_told_as_one(tmp_path: Path) -> None:
    kept = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    path = tmp_path / "vmm"

    async def check() -> None:
        told = Told()
        watch = NameWatch(path, told)

        def flood() -> None:
            for _ in range(kept // 2 + 10):
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
                os.unlink(path)

        await told.by(flood)
        before = told.times
        await told.by(path.touch)
        assert told.times - before < 20, "a flood is one thing that happened, or a few"
        watch.close()

    run(check())


def test_it_tells_no_more_when_it_is_closed(tmp_path: Path) -> None:
    async def check() -> None:
        told, other = Told(), Told()
        watch, still = NameWatch(tmp_path / "vmm", told), NameWatch(tmp_path / "vmm", other)
        watch.close()
        watch.close()
        await other.by((tmp_path / "vmm").touch)
        assert told.times == 0
        still.close()

    run(check())


def test_a_connection_that_hangs_up_or_talks() -> None:
    async def check() -> None:
        for says in (b"", b"x" * 1000):
            told = Told()
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            held = HangUp(ours, told)
            await told.by(partial(theirs.send, says) if says else theirs.close)
            assert ours.fileno() == -1, "it is closed"
            theirs.close()
            held.close()
        ours, theirs = socket.socketpair()
        told = Told()
        HangUp(ours, told).close()
        assert theirs.recv(1) == b"" and told.times == 0
        theirs.close()

    run(check())
