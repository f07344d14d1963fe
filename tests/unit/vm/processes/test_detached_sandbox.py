"""Sandboxes that outlive whoever started them: real ones, and whatever may stand in their notes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.processes import detached_sandbox, sandbox
from spectrum_session.vm.processes.detached_sandbox import (
    STATUS,
    DetachedSandbox,
    Whereabouts,
    exit_status,
    is_alive,
    start_built,
)
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.identity import Identity, boot_id, number_inside
from tests.open_descriptors import open_descriptors
from tests.unit.vm.world import WAIT_S, run

STAYS = ["sh", "-c", "echo begins; exec sleep 1000000"]


STARTED: list[Whereabouts] = []
"""What tests started."""


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    while STARTED:
        init = STARTED.pop().init.open()
        if init is not None:
            # A test that failed half way.
            signal.pidfd_send_signal(init, signal.SIGKILL)
            os.close(init)


class Place:
    """A directory for one sandbox, its log, and how it ended."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "work"
        self.directory.mkdir()
        self.path = root / "log"
        self.log = VMLog(self.path)
        self.ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()

    def on_exit(self, process: DetachedSandbox, end: Exit) -> None:
        self.ended.set_result(end)

    def start(self, argv: Sequence[str], fds: Sequence[int] = ()) -> DetachedSandbox:
        return detached_sandbox.start(
            sandbox.find_tools(), "work", self.log, argv, self.on_exit, self.directory, fds=fds
        )

    def find(self, where: Whereabouts) -> DetachedSandbox:
        self.ended = asyncio.get_running_loop().create_future()
        return detached_sandbox.find(where, self.log, self.on_exit, self.directory)

    async def says(self, text: str) -> None:
        await until(lambda: text in self.path.read_text())

    async def end(self) -> Exit:
        return await asyncio.wait_for(self.ended, WAIT_S)


async def made(process: DetachedSandbox) -> Whereabouts:
    where = await asyncio.wait_for(process.made, WAIT_S)
    assert where is not None
    STARTED.append(where)
    return where


async def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("script", "status", "text"),
    [
        ("echo out; echo err >&2", 0, "exited with status 0"),
        ("exit 7", 7, "exited with status 7"),
        ("kill -SEGV $$", 139, "was ended by SIGSEGV (exit status 139)"),
    ],
)
def test_how_it_ends(tmp_path: Path, script: str, status: int, text: str) -> None:
    async def check() -> None:
        place = Place(tmp_path)
        process = place.start(["sh", "-c", script])
        end = await place.end()
        assert (end.status, str(end)) == (status, text)
        assert exit_status(place.directory) == status
        assert process.gone.is_set() and process.made.done()
        if script.startswith("echo"):
            assert place.path.read_text() == "out\nerr\n"

    run(check())


def test_it_is_found_again_with_all_it_does(tmp_path: Path) -> None:
    async def check() -> None:
        place = Place(tmp_path)
        read, write = os.pipe()
        script = f"$| = 1; open(F, '<&={read}'); print qq(one\\n); <F>; print qq(two\\n); exit 5"
        first = place.start(["perl", "-e", script], [read])
        os.close(read)
        where = await made(first)
        await place.says("one\n")
        first.release()
        assert is_alive(where)
        second = place.find(where)
        assert second.pid == first.pid and second.made.done()
        os.write(write, b"\n")
        os.close(write)
        assert (await place.end()).status == 5
        assert place.path.read_text() == "one\ntwo\n"
        assert not is_alive(where)

    run(check())


def test_nobody_reads_what_it_prints_meanwhile(tmp_path: Path) -> None:
    """Printing into a pipe that nobody reads does not keep it from going on."""

    async def check() -> None:
        place = Place(tmp_path)
        read, write = os.pipe()
        script = f"$SIG{{PIPE}} = 'IGNORE'; open(F, '<&={read}'); <F>; $| = 1;"
        script += "print 'lost' x 100 for 1..10000; exit 3"
        first = place.start(["perl", "-e", script], [read])
        os.close(read)
        where = await made(first)
        first.release()
        os.write(write, b"\n")
        os.close(write)
        await until(lambda: exit_status(place.directory) is not None)
        assert exit_status(place.directory) == 3
        place.find(where)
        assert (await place.end()).status == 3

    run(check())


def test_a_kill_leaves_nothing(tmp_path: Path) -> None:
    async def check() -> None:
        for number, again in enumerate((False, True)):
            (tmp_path / str(number)).mkdir()
            place = Place(tmp_path / str(number))
            process = place.start(STAYS)
            where = await made(process)
            await place.says("begins")
            inside = everything_in(where)
            assert len(inside) >= 2
            if again:
                process.release()
                process = place.find(where)
            process.kill()
            await place.end()
            assert not is_alive(where)
            assert [one for one in inside if runs(one)] == []

    run(check())


def test_a_kill_at_once(tmp_path: Path) -> None:
    """Before bubblewrap has reported the process that it made: nothing stays all the same."""

    async def check() -> None:
        place = Place(tmp_path)
        # In the command line of bubblewrap, of its children and of the program.
        mark = f"kill-at-once-{os.getpid()}"
        process = place.start(["sh", "-c", "echo begins; exec sleep 1000000", mark])
        process.kill()
        assert processes_with(mark), "it had ended by itself"
        end = await place.end()
        assert end.status in (-signal.SIGKILL, 128 + signal.SIGKILL)
        await until(lambda: not processes_with(mark))
        assert place.path.read_text() in ("", "begins\n")

    run(check())


@pytest.mark.parametrize("found", [False, True])
def test_bubblewrap_killed_from_outside(tmp_path: Path, found: bool) -> None:
    """What it was to look after does not stay."""

    async def check() -> None:
        place = Place(tmp_path)
        process = place.start(STAYS)
        where = await made(process)
        if found:
            process.release()
            place.find(where)
        os.kill(where.bwrap.pid, signal.SIGKILL)
        end = await place.end()
        assert str(end) in ("was killed by SIGKILL", "ended, exit status unknown")
        assert not is_alive(where)

    run(check())


def test_one_that_is_gone_already(tmp_path: Path) -> None:
    async def check() -> None:
        place = Place(tmp_path)
        process = place.start(["sh", "-c", "exit 9"])
        where = await made(process)
        await place.end()
        place.find(where)
        assert (await place.end()).status == 9
        (place.directory / STATUS).unlink()
        place.find(where)
        assert str(await place.end()) == "ended, exit status unknown"

    run(check())


def test_it_survives_a_kill_of_who_started_it(tmp_path: Path) -> None:
    """A process starts one, tells where it is, and is killed."""
    program = (
        "import asyncio, sys, msgspec, pathlib\n"
        "from tests.unit.vm.processes.test_detached_sandbox import Place, STAYS, made\n"
        "async def main():\n"
        "    place = Place(pathlib.Path(sys.argv[1]))\n"
        "    where = await made(place.start(STAYS))\n"
        "    print(msgspec.json.encode(where).decode(), flush=True)\n"
        "    await asyncio.sleep(1000)\n"
        "asyncio.run(main())\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert starter.stdout is not None
    with starter.stdout as said:
        where = msgspec.json.decode(said.readline(), type=Whereabouts)
    STARTED.append(where)
    starter.kill()
    starter.wait()

    async def check() -> None:
        assert is_alive(where)
        (tmp_path / "again").mkdir()
        place = Place(tmp_path / "again")
        place.directory = tmp_path / "work"
        place.find(where).kill()
        await place.end()
        assert not is_alive(where)

    run(check())


def test_it_has_nothing_of_what_tells_of_it(tmp_path: Path) -> None:
    """No descriptor of the note of its end, nor of what bubblewrap says of it."""

    async def check() -> None:
        place = Place(tmp_path)
        read, write = os.pipe()
        place.start(["sh", "-c", "ls -l /proc/self/fd/"], [read])
        os.close(read)
        os.close(write)
        await place.end()
        lines = [line.split() for line in place.path.read_text().splitlines() if "->" in line]
        held = {words[-3]: words[-1] for words in lines}
        assert held.pop("0") == "/dev/null"
        assert set(held) - {str(read)} == {"1", "2", *(f for f in held if "/proc/" in held[f])}
        assert not any(STATUS in target for target in held.values())

    run(check())


def test_a_directory_that_was_used_is_refused(tmp_path: Path) -> None:
    async def check() -> None:
        place = Place(tmp_path)
        (place.directory / STATUS).symlink_to(tmp_path / "elsewhere")
        with pytest.raises(VMError, match="File exists"):
            place.start(STAYS)
        assert not (tmp_path / "elsewhere").exists()

    run(check())


def test_what_cannot_be_built_leaves_no_descriptors(tmp_path: Path) -> None:
    async def check() -> None:
        place = Place(tmp_path)
        before = open_descriptors()
        build = partial(refuse, place)
        with pytest.raises(VMError, match="no command"):
            start_built(build, place.directory, place.log, place.on_exit)
        assert open_descriptors() == before

    def refuse(place: Place, *opens: Callable[[], int]) -> list[str]:
        opens[0]()
        raise VMError("no command")

    run(check())


NO_STATUS = st.binary(max_size=60).map(lambda data: data.replace(b"exit", b"").replace(b"\n", b""))
"""A line that tells no status, whatever else it may be."""
NO_STATUS |= st.sampled_from(
    [
        b'{"child-pid": 7}',
        b'{"exit-code": "3"}',
        b'{"exit-code": null}',
        b'{"exit-code": 3.5}',
        b'{"exit-code": {"exit-code": 3}}',
        b'["exit-code", 3]',
        b'"exit-code"',
        b'{"exit-code": 3',
        b"[" * 3000,
    ]
)


@given(st.lists(NO_STATUS, max_size=4))
def test_a_note_that_tells_no_status(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    directory = tmp_path_factory.mktemp("status")
    (directory / STATUS).write_bytes(b"\n".join(lines))
    assert exit_status(directory) is None


@given(st.lists(NO_STATUS.filter(lambda line: len(line) < 100), max_size=4), st.integers(0, 255))
def test_a_note_of_a_status_whatever_stands_beside_it(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], status: int
) -> None:
    directory = tmp_path_factory.mktemp("status")
    for at in range(len(lines) + 1):
        noted = [*lines[:at], b'{"exit-code": %d, "more": 1}' % status, *lines[at:]]
        (directory / STATUS).write_bytes(b"\n".join(noted) + b"\n")
        assert exit_status(directory) == status


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("whose", ["ours", "its"])
def test_no_foreign_process_is_taken_for_the_first_of_a_sandbox(
    tmp_path: Path, whose: str, ends: bool
) -> None:
    """What says it is bubblewrap names a process that is in no sandbox: nothing is done to it.

    `whose`: one that was there before, or one that it started and left. `ends`: it is gone by then.
    """
    stays = "exec sleep 1000000"
    then = "kill -KILL $$" if ends else stays

    async def check() -> None:
        place = Place(tmp_path)
        note = tmp_path / "stranger"
        ours = None
        if whose == "ours":
            ours = subprocess.Popen(["sleep", "1000000"])
            note.write_text(str(ours.pid))
            start = ""
        else:
            # In the background of a shell of its own, which ends: it has another parent then.
            start = f"(setsid sh -c 'echo $$ >{note}.new; mv {note}.new {note}; {stays}' &);"

        def build(
            _report: Callable[[], int], _file: Callable[[bytes], int], open_info: Callable[[], int]
        ) -> list[str]:
            wait = f"while [ ! -e {note} ]; do sleep 0.01; done;"
            told = f"printf '{{\"child-pid\": %d}}' $(cat {note}) >&{open_info()};"
            return ["bash", "-c", f"{start} {wait} {told} {then}"]

        process = start_built(build, place.directory, place.log, place.on_exit)
        assert await asyncio.wait_for(process.made, WAIT_S) is None
        process.kill()
        assert (await place.end()).status == -signal.SIGKILL
        assert place.path.read_text() == "", "it could not tell of it"
        stranger = Identity.of(int(note.read_text()))
        assert stranger is not None
        assert not process._is_first(stranger), "nor is it once bubblewrap has ended"
        pidfd = stranger.open()
        assert pidfd is not None, "it was killed"
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.close(pidfd)
        if ours is not None:
            ours.wait()

    run(check())


@given(pid=st.integers(), started=st.integers())
def test_no_other_process_is_taken_for_it(pid: int, started: int) -> None:
    mine = Identity.of(os.getpid())
    assert mine is not None
    for one in (Identity(pid, started), Identity(mine.pid, mine.started + 1), Identity(1, started)):
        pidfd = one.open()
        if pidfd is not None:
            os.close(pidfd)
            assert Identity.of(one.pid) == one


def test_identities() -> None:
    mine = Identity.of(os.getpid())
    assert mine is not None
    pidfd = mine.open()
    assert pidfd is not None
    os.close(pidfd)
    assert Identity.of(1 << 30) is None
    assert number_inside(1 << 30) is None
    assert boot_id()


def runs(one: Identity) -> bool:
    pidfd = one.open()
    if pidfd is not None:
        os.close(pidfd)
    return pidfd is not None


def everything_in(where: Whereabouts) -> list[Identity]:
    """A sandbox's first process and all below it."""
    found = [where.init]
    for one in found:
        with suppress(OSError):
            text = Path(f"/proc/{one.pid}/task/{one.pid}/children").read_text()
            found += [who for who in map(Identity.of, map(int, text.split())) if who is not None]
    return found


def processes_with(mark: str) -> list[int]:
    """The processes that run with this argument, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal() and mark.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found
