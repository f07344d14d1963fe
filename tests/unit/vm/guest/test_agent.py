"""The host's end of a guest's agent, with a guest at the other that says anything."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from spectrum_session.vm.errors import VMError
from spectrum_session.vm.guest import agent as agents
from spectrum_session.vm.guest import program as programs
from spectrum_session.vm.guest.agent import Agent
from tests.unit.vm.world import WAIT_S, run


class Guest:
    """The other end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, **message: Any) -> None:
        self.writer.write(json.dumps(message).encode() + b"\n")

    async def hear(self) -> Any:
        return json.loads(await asyncio.wait_for(self.reader.readline(), WAIT_S))

    async def hung_up(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(), WAIT_S) == b""
        except ConnectionError:
            return True


async def connect(path: Path) -> Guest:
    return Guest(*await asyncio.open_unix_connection(str(path)))


def play(path: Path, scene: Callable[[Agent, Guest, list[str]], Awaitable[None]]) -> None:
    """A scene with an agent whose guest has said hello."""

    async def check() -> None:
        faults: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
        stages: list[str] = []
        there = asyncio.Event()

        def staged(stage: str) -> None:
            stages.append(stage)
            there.set()

        agent = Agent(path, staged)
        await agent.listen()
        guest = await connect(path)
        guest.say(hello=agents.VERSION, way="network", waypipe="waypipe 0.10")
        guest.say(stage="transport")
        await asyncio.wait_for(there.wait(), WAIT_S)
        try:
            await scene(agent, guest, stages)
        finally:
            guest.writer.close()
            agent.close()
        assert not path.exists()
        assert faults == []

    run(check())


def data(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_program_from_start_to_end(tmp_path: Path) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        assert (stages, agent.waypipe) == (["transport"], "waypipe 0.10")
        program = agent.run(["echo", "a; b"])
        order = await guest.hear()
        assert order == {"run": 1, "argv": ["echo", "a; b"]}
        guest.say(started=1, pid=77)
        guest.say(output=1, stream=1, data=data(b"out"))
        guest.say(output=1, stream=2, data=data(b"err"))
        guest.say(exited=1, status=-9)
        assert await asyncio.wait_for(program.started, WAIT_S) == 77
        assert await asyncio.wait_for(program.ended, WAIT_S) == -9
        assert (bytes(program.output), bytes(program.errors)) == (b"out", b"err")
        assert not program.cut

    play(tmp_path / "agent", scene)


def test_a_program_that_does_not_start(tmp_path: Path) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        program = agent.run(["nope"])
        await guest.hear()
        guest.say(failed=1, reason="nope: No such file or directory")
        with pytest.raises(VMError, match="No such file"):
            await asyncio.wait_for(program.started, WAIT_S)

    play(tmp_path / "agent", scene)


def test_an_end_without_a_start_ends_the_wait_for_both(tmp_path: Path) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        program = agent.run(["a"])
        guest.say(exited=1, status=3)
        assert await asyncio.wait_for(program.ended, WAIT_S) == 3
        assert program.started.done()

    play(tmp_path / "agent", scene)


def test_output_is_kept_up_to_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "OUTPUT_LIMIT", 10)

    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        program = agent.run(["yes"])
        for _ in range(3):
            guest.say(output=1, stream=1, data=data(b"1234"))
        guest.say(exited=1, status=0)
        await asyncio.wait_for(program.ended, WAIT_S)
        assert (bytes(program.output), program.cut) == (b"1234123412", True)

    play(tmp_path / "agent", scene)


def test_output_for_a_sink_is_not_kept(tmp_path: Path) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        took: list[bytes] = []
        program = agent.run(["a"], took.append)
        guest.say(output=1, stream=2, data=data(b"x"))
        guest.say(exited=1, status=0)
        await asyncio.wait_for(program.ended, WAIT_S)
        assert (took, bytes(program.errors)) == ([b"x"], b"")

    play(tmp_path / "agent", scene)


def test_a_flood_waits_for_others(tmp_path: Path) -> None:
    """Lines that say nothing take a while, in which the loop is free."""

    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        guest.writer.write(b"{}\n" * 5_000)
        guest.say(stage="transport")
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while len(stages) < 2:
            await asyncio.sleep(0.01)
        # 5,000 lines are fifteen bursts, with a pause of 0.1 s after each.
        assert loop.time() - begun >= 15 * 0.1

    play(tmp_path / "agent", scene)


@pytest.mark.parametrize(
    "line",
    [
        b"rubbish",
        b"[" * 60_000,
        b"1" * 70_000,
        b"\xff\xfe",
        b"[]",
        b"7",
        b'{"exited": 1, "status": "0"}',
        b'{"exited": 1}',
        b'{"started": 1, "pid": []}',
        b'{"output": 1, "data": "=!"}',
        b'{"hello": 99}',
        b'{"hello": {}}',
    ],
)
def test_what_no_agent_says_ends_the_connection_and_its_programs(
    tmp_path: Path, line: bytes
) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        program = agent.run(["a"])
        await guest.hear()
        guest.writer.write(line + b"\n")
        assert await guest.hung_up()
        with pytest.raises(VMError, match="hung up"):
            await asyncio.wait_for(program.ended, WAIT_S)
        with pytest.raises(VMError, match="not there"):
            agent.run(["b"])
        assert not agent.power_off()
        again = await connect(agent.path)
        again.say(hello=agents.VERSION)
        again.say(stage="transport")
        while stages[-2:] != ["transport", "transport"] and stages.count("transport") < 2:
            await asyncio.sleep(0.01)
        agent.run(["c"])
        assert (await again.hear())["argv"] == ["c"]
        again.writer.close()

    play(tmp_path / "agent", scene)


@pytest.mark.parametrize(
    "message",
    [
        {"started": 99, "pid": 1},
        {"exited": [1], "status": 0},
        {"output": {"a": 1}, "data": ""},
        {"failed": None},
        {"stage": "Ready"},
        {"anything": "else"},
    ],
)
def test_what_is_about_nothing_we_know_changes_nothing(
    tmp_path: Path, message: dict[str, Any]
) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        program = agent.run(["a"])
        guest.say(**message)
        guest.say(started=1, pid=5)
        assert await asyncio.wait_for(program.started, WAIT_S) == 5
        assert stages == ["transport"]

    play(tmp_path / "agent", scene)


def test_another_version_is_told(tmp_path: Path) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        guest.say(hello=agents.VERSION + 1)
        assert await guest.hung_up()
        assert stages == ["transport", "version"]

    play(tmp_path / "agent", scene)


def test_there_is_one_agent_a_guest(tmp_path: Path) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        second = await connect(agent.path)
        assert await second.hung_up()
        second.writer.close()
        assert agent.power_off()
        assert await guest.hear() == {"poweroff": True}

    play(tmp_path / "agent", scene)


def test_programs_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents, "PROGRAMS_LIMIT", 2)

    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        agent.run(["a"])
        agent.run(["b"])
        with pytest.raises(VMError, match="2 programs"):
            agent.run(["c"])

    play(tmp_path / "agent", scene)


def test_the_end_of_the_vm_ends_its_programs(tmp_path: Path) -> None:
    async def check() -> None:
        agent = Agent(tmp_path / "agent", lambda stage: None)
        await agent.listen()
        guest = await connect(agent.path)
        guest.say(hello=agents.VERSION)
        while True:
            try:
                program = agent.run(["a"])
                break
            except VMError:
                await asyncio.sleep(0.01)
        agent.close()
        with pytest.raises(VMError, match="has ended"):
            await program.ended
        guest.writer.close()

    run(check())


def test_output_is_taken_as_it_comes(tmp_path: Path) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        program = agent.run(["cat"], streamed=True)
        await guest.hear()
        guest.say(output=1, stream=1, data=data(b"one"))
        await asyncio.wait_for(program.news.wait(), WAIT_S)
        program.news.clear()
        assert program.take() == (b"one", b"")
        guest.say(output=1, stream=2, data=data(b"two"))
        await asyncio.wait_for(program.news.wait(), WAIT_S)
        assert program.take() == (b"", b"two")
        program.news.clear()
        guest.say(exited=1, status=0)
        await asyncio.wait_for(program.news.wait(), WAIT_S)
        assert program.ended.done() and program.take() == (b"", b"")

    play(tmp_path / "agent", scene)


def test_a_program_may_write_as_much_as_is_taken(tmp_path: Path) -> None:
    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        program = agent.run(["cat"], streamed=True)
        kept = agent.run(["cat"])
        assert (await guest.hear())["window"] == programs.WINDOW
        assert "window" not in await guest.hear(), "one whose output is kept goes on, up to a limit"
        guest.say(output=2, stream=1, data=data(b"0123456789a"))
        guest.say(output=1, stream=1, data=data(b"0123456789"))
        guest.say(output=1, stream=2, data=data(b"abc"))
        while len(program.output) + len(program.errors) < 13:
            await asyncio.wait_for(program.news.wait(), WAIT_S)
            program.news.clear()
        assert program.take() == (b"0123456789", b"abc")
        assert await guest.hear() == {"program": 1, "credit": 13}
        assert program.take() == (b"", b""), "for nothing there is no credit"
        guest.say(output=1, stream=2, data=data(b"0123456789a"))
        await asyncio.wait_for(program.news.wait(), WAIT_S)
        program.let_go()
        assert await guest.hear() == {"program": 1, "credit": 11}
        # Nobody takes it any more, and it does not wait for that.
        guest.say(output=1, stream=2, data=data(b"01"))
        assert await guest.hear() == {"program": 1, "credit": 2}
        program.signal(15)
        assert await guest.hear() == {"signal": 1, "number": 15}
        guest.say(exited=1, status=-15)
        assert await asyncio.wait_for(program.ended, WAIT_S) == -15
        program.signal(9)
        kept.signal(9)
        assert await guest.hear() == {"signal": 2, "number": 9}, "nothing of one that has ended"
        assert bytes(kept.output) == b"0123456789a" and program.take() == (b"", b"")

    play(tmp_path / "agent", scene)


def test_a_guest_that_does_not_keep_to_its_window_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "STREAMED_LIMIT", 20)

    async def scene(agent: Agent, guest: Guest, stages: list[str]) -> None:
        program = agent.run(["cat"], streamed=True)
        await guest.hear()
        for _ in range(3):
            guest.say(output=1, stream=1, data=data(b"0123456789"))
        guest.say(exited=1, status=0)
        await asyncio.wait_for(program.ended, WAIT_S)
        assert program.cut and program.take() == (b"01234567890123456789", b"")

    play(tmp_path / "agent", scene)
