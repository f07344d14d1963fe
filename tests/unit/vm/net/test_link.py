"""What joins the two ends of a link: real ones, in its real sandbox."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import ExitStack
from pathlib import Path

from spectrum_session.vm.gates.command import Interpreter
from spectrum_session.vm.log import VMLog
from spectrum_session.vm.net import link
from spectrum_session.vm.net.places import LINK
from spectrum_session.vm.processes import sandbox, sandbox_process
from spectrum_session.vm.processes.host_process import Exit
from spectrum_session.vm.processes.sandbox_process import SandboxProcess
from tests.unit.vm.world import WAIT_S, run

TOOLS = sandbox.find_tools()
TRY = (
    "use Socket; for (@ARGV) { socket(S, PF_UNIX, SOCK_STREAM, 0);"
    'print connect(S, sockaddr_un($_)) ? "reached $_\\n" : "no $_\\n"; }'
    'print "interfaces ", join(" ", map { /^ *(\\w+):/ ? $1 : () } `cat /proc/net/dev`), "\\n";'
    'print "write $_ ", (open(F, ">", "$_/new") ? "yes" : "no"), "\\n"'
    ' for "/run/one", "/run/other";'
)


class End:
    """An end of a link, at which QEMU would listen."""

    def __init__(self, directory: Path, there: bool = False) -> None:
        self.directory = directory
        self.path = directory / LINK
        directory.mkdir(exist_ok=there)
        sandbox.hand_over(TOOLS, "work", directory)
        self.listener = self._listen()

    def _listen(self) -> socket.socket:
        path = self.directory / LINK
        path.unlink(missing_ok=True)
        made = socket.socket(socket.AF_UNIX)
        made.bind(str(path))
        sandbox.hand_over(TOOLS, "work", path)
        made.listen()
        made.setblocking(False)
        return made

    def starts_again(self) -> None:
        self.listener.close()
        self.listener = self._listen()

    async def accept(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        accepted, _ = await asyncio.wait_for(loop.sock_accept(self.listener), WAIT_S)
        return accepted


async def passes(source: socket.socket, target: socket.socket) -> None:
    """A frame goes from one to the other."""
    loop = asyncio.get_running_loop()
    data = (60).to_bytes(4, "big") + os.urandom(60)
    await loop.sock_sendall(source, data)
    assert await asyncio.wait_for(loop.sock_recv(target, 4096), WAIT_S) == data


def test_either_machine_may_start_again(tmp_path: Path) -> None:
    async def check() -> None:
        log = VMLog(tmp_path / "log")
        client, provider = End(tmp_path / "client"), End(tmp_path / "provider")
        joint = link.join(TOOLS, "work", log, "its link", client.path, provider.path)
        joint.start()
        with ExitStack() as open_ones:
            for restarted in (None, provider, client):
                if restarted is not None:
                    restarted.starts_again()
                one = open_ones.enter_context(await client.accept())
                other = open_ones.enter_context(await provider.accept())
                await passes(one, other)
                await passes(other, one)
                # The machine ends whose turn it is next.
                (other if restarted is None else one).close()
        joint.stop()
        log.close()

    run(check())


def test_what_joins_a_link_reaches_its_two_ends_alone(tmp_path: Path) -> None:
    ends = [End(tmp_path / name) for name in ("client", "provider", "another")]
    own = [f"{link.ONE}/{LINK}", f"{link.OTHER}/{LINK}"]
    foreign = [sandbox.SOCKET, *(str(end.directory / LINK) for end in ends)]

    async def check() -> list[str]:
        log = VMLog(tmp_path / "log")
        ended = asyncio.get_running_loop().create_future()

        def on_exit(process: SandboxProcess, end: Exit) -> None:
            ended.set_result(end)

        sandbox_process.start(
            TOOLS,
            "work",
            log,
            ["perl", "-e", TRY, *own, *foreign],
            on_exit,
            binds=link.binds(Interpreter.running(), ends[0].path, ends[1].path, None),
        )
        assert (await ended).status == 0
        log.close()
        return (tmp_path / "log").read_text().splitlines()

    assert run(check()) == [
        *(f"reached {path}" for path in own),
        *(f"no {path}" for path in foreign),
        "interfaces lo",
        "write /run/one no",
        "write /run/other no",
    ]
