"""The server, over real sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectrum_session.control import server as server_module
from spectrum_session.control.commands import NoArgs, SpawnArgs
from spectrum_session.control.errors import ControlError
from spectrum_session.control.messages import (
    ConfigEvent,
    ExitEvent,
    FocusEvent,
    ModeEvent,
    Ran,
    VMOutput,
)
from spectrum_session.control.names import EVENTS, MAX_REQUEST
from spectrum_session.control.server import MAX_CLIENTS, MAX_EVENTS, AfterReply, ControlServer

from .served import Canned, Served


@pytest.fixture
def handler() -> Canned:
    return Canned(windows=[], version={"protocol": 1}, reload=None)


@pytest.fixture
def served(tmp_path: Path, handler: Canned) -> Iterator[Served]:
    with Served(tmp_path / "control", handler) as served:
        yield served


class Raw:
    """A socket on which a test writes what it likes."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(os.fspath(path))
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *exc: object) -> None:
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self) -> Any:
        return json.loads(self.file.readline())

    def rest(self) -> list[Any]:
        """All that comes after the end of what we send."""
        self.socket.shutdown(socket.SHUT_WR)
        return [json.loads(line) for line in self.file]


def test_a_request_and_its_reply(served: Served, handler: Canned) -> None:
    with Raw(served.path) as raw:
        raw.send(b'{"id": "x", "command": "spawn", "args": {"argv": ["foot"]}}\n')
        assert raw.reply()["error"]["code"] == "not-found"
        raw.send(b'{"id": 2, "command": "windows"}\n')
        assert raw.reply() == {"id": 2, "ok": True, "result": []}
    assert handler.calls == [("spawn", SpawnArgs(argv=["foot"])), ("windows", NoArgs())]


def test_a_request_in_pieces(served: Served) -> None:
    with Raw(served.path) as raw:
        for byte in b'{"id":1,"command":"version"}\n{"id":2,':
            raw.send(bytes([byte]))
        assert raw.reply()["id"] == 1
        raw.send(b'"command":"version"}\n')
        assert raw.reply()["id"] == 2


def test_many_requests_at_once_are_answered_in_order(served: Served) -> None:
    with Raw(served.path) as raw:
        raw.send(b"".join(b'{"id":%d,"command":"version"}\n' % n for n in range(500)))
        assert [reply["id"] for reply in raw.rest()] == list(range(500))


def test_a_bad_message_is_answered_and_changes_nothing(served: Served, handler: Canned) -> None:
    with Raw(served.path) as raw:
        raw.send(b'nonsense\n\n{"id":3,"command":"nonsense"}\n{"id":4,"command":"version"}\n')
        replies = [raw.reply() for _ in range(4)]
    assert [(reply["id"], reply["ok"]) for reply in replies] == [
        (None, False),
        (None, False),
        (3, False),
        (4, True),
    ]
    assert [command for command, _ in handler.calls] == ["version"]


def test_a_line_cut_short_is_not_carried_out(served: Served, handler: Canned) -> None:
    with Raw(served.path) as raw:
        raw.send(b'{"id":1,"command":"version"}\n{"id":2,"command":"reload"}')
        replies = raw.rest()
    assert [reply["ok"] for reply in replies] == [True, False]
    assert replies[1]["error"]["code"] == "bad-message"
    assert [command for command, _ in handler.calls] == ["version"]


def test_the_longest_message_is_read_and_one_longer_is_not(served: Served, handler: Canned) -> None:
    request = b'{"id":1,"command":"version"}'
    with Raw(served.path) as raw:
        raw.send(request.ljust(MAX_REQUEST) + b"\n")
        assert raw.reply()["ok"] is True
        raw.send(request.ljust(MAX_REQUEST + 1) + b"\n")
        assert raw.reply()["error"]["code"] == "too-large"
        # Its end is not taken for a request, however long it goes on.
        raw.send(b" " * (MAX_REQUEST * 3) + request + b"\n" + request + b"\n")
        assert raw.reply()["error"]["code"] == "too-large"
        assert raw.reply()["ok"] is True
        assert raw.rest() == []
    assert len(handler.calls) == 2


def test_a_message_is_known_to_be_too_long_before_it_ends(served: Served) -> None:
    with Raw(served.path) as raw:
        raw.send(b" " * (MAX_REQUEST + 1))
        assert raw.reply()["error"]["code"] == "too-large"


def test_an_exception_of_the_handler_is_an_internal_error(
    served: Served, handler: Canned, caplog: pytest.LogCaptureFixture
) -> None:
    handler.results["windows"] = RuntimeError("secret")
    handler.results["reload"] = ControlError("config", "line 3")
    handler.results["version"] = object()  # no JSON
    with served.client() as client, caplog.at_level(logging.ERROR):
        for command in ("windows", "version"):
            with pytest.raises(ControlError) as caught:
                client.call(command)
            assert caught.value.code == "internal"
            assert "secret" not in caught.value.message
        with pytest.raises(ControlError, match="line 3") as caught:
            client.call("reload")
        assert caught.value.code == "config"
    assert [r.getMessage() for r in caplog.records if r.exc_info] == [
        "control: the command windows failed",
        "control: the command version failed",
    ]


def test_connections_do_not_wait_for_each_other(served: Served, handler: Canned) -> None:
    gate = asyncio.Event()

    async def slow(args: object) -> None:
        await gate.wait()

    handler.results["reload"] = slow
    with Raw(served.path) as raw, served.client() as client:
        raw.send(b'{"id":1,"command":"reload"}\n{"id":2,"command":"version"}\n')
        assert client.call("version") == {"protocol": 1}
        served.do(gate.set)
        assert [raw.reply()["id"], raw.reply()["id"]] == [1, 2]


def test_a_client_that_does_not_read_is_not_worked_for(served: Served, handler: Canned) -> None:
    handler.results["windows"] = "x" * (4 << 20)
    with Raw(served.path) as raw, served.client() as client:
        raw.send(b'{"id":1,"command":"windows"}\n' * 12)
        for _ in range(20):
            client.call("version")
        asked = [command for command, _ in handler.calls].count("windows")
        assert asked <= 1
        assert len(raw.rest()) == 12  # and it gets all once it reads


def test_a_client_that_sends_for_ever_is_not_read_for_ever(served: Served, handler: Canned) -> None:
    gate = asyncio.Event()

    async def slow(args: object) -> None:
        await gate.wait()

    handler.results["reload"] = slow
    line = b'{"id":1,"command":"reload"}\n'
    with Raw(served.path) as raw:
        raw.socket.setblocking(False)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += raw.socket.send(line * 1000)
                # Gives the server its turn: all that it wants to read it has then read.
                served.do(lambda: None)
                served.do(lambda: None)
        except BlockingIOError:
            pass
        assert sent < 64 << 20
        served.do(gate.set)


def test_events_reach_those_who_asked(served: Served) -> None:
    with served.client() as all_, served.client() as some, served.client() as none:
        assert all_.subscribe() == list(EVENTS)
        assert some.subscribe("mode", "focus") == ["focus", "mode"]
        assert served.do(lambda: served.server.subscribed) == frozenset(EVENTS)
        served.publish(
            FocusEvent(window=1, vm="work"),
            ConfigEvent(ok=True, errors=[]),
            ModeEvent(mode="resize"),
        )
        names = [event["event"] for event in islice(all_.events(10), 3)]
        assert names == ["focus", "config", "mode"]
        names = [event["event"] for event in islice(some.events(10), 2)]
        assert names == ["focus", "mode"]
        assert none.call("version") == {"protocol": 1}  # nothing but its reply came


def test_a_second_subscription_replaces_the_first(served: Served) -> None:
    with served.client() as client:
        client.subscribe("mode")
        client.subscribe("focus")
        served.publish(ModeEvent(mode="x"), FocusEvent(window=None, vm=None))
        assert next(client.events(10)) == {"event": "focus", "window": None, "vm": None}


def test_events_come_between_replies(served: Served) -> None:
    with served.client() as client:
        client.subscribe("mode")
        served.publish(ModeEvent(mode="a"))
        assert client.call("version") == {"protocol": 1}
        served.publish(ModeEvent(mode="b"))
        events = client.events(10)
        assert [next(events)["mode"], next(events)["mode"]] == ["a", "b"]


def test_a_subscriber_that_does_not_read_is_disconnected(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    big = ModeEvent(mode="x" * 10_000)
    with served.client() as slow, served.client() as good:
        slow.subscribe("mode")
        good.subscribe("focus")
        for _ in range(4 * MAX_EVENTS // 10_000):
            served.publish(big)
        assert served.do(lambda: served.server.subscribed) == {"focus"}
        received = list(slow.events(10))
        assert 0 < len(received) * 10_000 < 3 * MAX_EVENTS
        served.publish(FocusEvent(window=1, vm=None))
        assert next(good.events(10))["window"] == 1
    assert "does not read" in caplog.text


def test_a_subscriber_that_reads_stays(served: Served) -> None:
    big = ModeEvent(mode="x" * 100_000)
    with served.client() as client:
        client.subscribe("mode")
        events = client.events(30)
        for _ in range(4 * MAX_EVENTS // 100_000):
            served.publish(big)
            assert len(next(events)["mode"]) == 100_000
        assert served.do(lambda: served.server.subscribed) == {"mode"}


def test_a_large_reply_on_its_way_does_not_count_against_a_subscriber(
    served: Served, handler: Canned
) -> None:
    handler.results["windows"] = "x" * (8 * MAX_EVENTS)
    with Raw(served.path) as raw, served.client() as other:
        raw.send(b'{"command":"subscribe"}\n{"id":2,"command":"windows"}\n')
        assert raw.reply()["ok"] is True
        while ("windows", NoArgs()) not in handler.calls:
            other.call("version")
        served.publish(*[ModeEvent(mode="x" * 1000)] * 100)
        assert len(raw.reply()["result"]) == 8 * MAX_EVENTS
        assert [raw.reply()["event"] for _ in range(100)] == ["mode"] * 100


def test_another_user_is_told_and_disconnected(
    served: Served, handler: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "peer_uid", lambda peer: os.geteuid() + 1)
    with Raw(served.path) as raw:
        assert raw.reply()["error"]["code"] == "denied"
        assert raw.file.read() == b""
    with pytest.raises(ControlError, match="another user") as caught:
        served.client().call("version")
    assert caught.value.code == "denied"
    assert handler.calls == []


_STRANGER = """
import os, socket
os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect("control")
print(s.makefile().read())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_real_other_user_is_refused(served: Served) -> None:
    # Open the doors that file modes keep shut: the peer's uid is what is tested here.
    served.path.parent.chmod(0o711)
    served.path.chmod(0o666)
    stranger = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _STRANGER],
        cwd=served.path.parent,
        capture_output=True,
        timeout=30,
        text=True,
    )
    assert json.loads(stranger.stdout)["error"]["code"] == "denied", stranger.stderr


def test_connections_are_limited(served: Served) -> None:
    clients = [served.client() for _ in range(MAX_CLIENTS)]
    try:
        for client in clients:
            client.call("version")
        with pytest.raises(ControlError) as caught:
            served.client().call("version")
        assert caught.value.code == "busy"
        clients.pop().close()
        while served.do(lambda: len(served.server._connections)) == MAX_CLIENTS:
            pass
        assert served.client().call("version") == {"protocol": 1}
    finally:
        for client in clients:
            client.close()


def test_close_removes_the_socket_and_ends_connections(tmp_path: Path, handler: Canned) -> None:
    path = tmp_path / "control"
    with Served(path, handler) as served:
        client = served.client()
        client.call("version")
        served.wait(served.server.close())
        assert not path.exists()
        with pytest.raises(ControlError) as caught:
            client.call("version")
        assert caught.value.code == "disconnected"
        served.wait(served.server.close())


def test_close_leaves_a_socket_that_is_not_ours(tmp_path: Path, handler: Canned) -> None:
    path = tmp_path / "control"
    with Served(path, handler):
        path.unlink()
        with Served(path, handler) as second:
            other = second.path.lstat().st_ino
        path.touch()
        assert path.lstat().st_ino != other or path.is_file()
    assert path.is_file()


def test_what_was_answered_arrives_though_the_session_ends(tmp_path: Path, handler: Canned) -> None:
    with Served(tmp_path / "control", handler) as served:
        ending: list[asyncio.Task[None]] = []

        async def end() -> None:
            served.server.publish(ExitEvent())
            await served.server.close()

        def leave(args: object) -> None:
            ending.append(asyncio.get_running_loop().create_task(end()))

        handler.results["exit"] = leave
        with served.client() as client:
            client.subscribe("exit")
            assert client.call("exit") is None
            assert [event["event"] for event in client.events(10)] == ["exit"]


def test_the_end_waits_for_clients_that_still_read(
    tmp_path: Path, handler: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "FLUSH_SECONDS", 10.0)
    handler.results["windows"] = "x" * (4 << 20)
    with Served(tmp_path / "control", handler) as served, Raw(served.path) as raw:
        raw.send(b'{"id":1,"command":"windows"}\n')
        with served.client() as other:
            while not handler.calls:
                other.call("version")
        ending = served.begin(served.server.close())
        assert len(raw.reply()["result"]) == 4 << 20
        ending.result(10)


def test_a_client_that_does_not_read_does_not_hold_up_the_end(
    tmp_path: Path, handler: Canned
) -> None:
    handler.results["windows"] = "x" * (8 << 20)
    with Served(tmp_path / "control", handler) as served, Raw(served.path) as raw:
        raw.send(b'{"id":1,"command":"windows"}\n')
        with served.client() as other:
            while not handler.calls:
                other.call("version")
        served.wait(served.server.close())
        with pytest.raises((json.JSONDecodeError, ConnectionResetError)):
            raw.reply()


def test_start_fails_where_a_session_is(served: Served, handler: Canned) -> None:
    with pytest.raises(OSError, match="another session"), Served(served.path, handler):
        pass
    with served.client() as client:
        assert client.call("version") == {"protocol": 1}


def test_an_event_that_cannot_be_encoded_is_logged(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with served.client() as client:
        client.subscribe()
        served.publish(ModeEvent(mode="\udcff"), ModeEvent(mode="good"))
        assert next(client.events(10))["mode"] == "good"
    assert "cannot encode a mode event" in caplog.text


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Canned]]:
    handler = Canned(version=1)
    with Served(tmp_path_factory.mktemp("control") / "control", handler) as served:
        yield served, handler


@settings(max_examples=60)
@given(
    st.lists(st.binary(max_size=300), max_size=4),
    st.binary(max_size=20),
)
def test_garbage_is_answered_line_by_line_and_the_server_goes_on(
    lasting: tuple[Served, Canned], pieces: list[bytes], tail: bytes
) -> None:
    served, handler = lasting
    handler.calls.clear()
    data = b"\n".join([*pieces, tail])
    with Raw(served.path) as raw:
        raw.send(data)
        replies = raw.rest()
    assert [reply["ok"] for reply in replies] == [False] * (
        data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    )
    assert handler.calls == []
    with served.client() as client:
        assert client.call("version") == 1


def test_what_follows_a_reply_comes_once_it_is_written(served: Served, handler: Canned) -> None:
    def disconnect() -> None:
        for connection in list(served.server._connections):
            connection.abort()

    handler.results["exit"] = AfterReply(None, disconnect)
    with Raw(served.path) as raw:
        raw.send(b'{"id": "x", "command": "exit"}\n')
        assert raw.reply() == {"id": "x", "ok": True, "result": None}
        assert raw.file.read() == b""


def test_the_constructor_touches_nothing(tmp_path: Path) -> None:
    ControlServer(tmp_path / "new" / "control", logging.getLogger())
    assert list(tmp_path.iterdir()) == []


def test_progress_comes_before_the_reply_to_who_asked_alone(
    served: Served, handler: Canned
) -> None:
    async def answer(args: Any) -> AsyncIterator[Any]:
        yield VMOutput(stream="output", data=b"a")
        yield VMOutput(stream="errors", data=b"b")
        yield Ran(status=0, output=b"", errors=b"", cut=False)

    handler.results["vm-run"] = answer
    with Raw(served.path) as raw, served.client() as other:
        other.subscribe()
        raw.send(b'{"id": 1, "command": "vm-run", "args": {"name": "w", "argv": ["x"]}}\n')
        told = [raw.reply(), raw.reply(), raw.reply()]
        assert [one.get("event") for one in told] == ["vm-output", "vm-output", None]
        assert [told[0]["stream"], told[1]["stream"], told[2]["id"]] == ["output", "errors", 1]
        served.publish(ModeEvent(mode="x"))
        assert next(other.events(10))["event"] == "mode"


def test_progress_that_is_refused_on_the_way(served: Served, handler: Canned) -> None:
    async def answer(args: Any) -> AsyncIterator[Any]:
        yield VMOutput(stream="output", data=b"a")
        raise ControlError("failed", "it went")

    handler.results["vm-run"] = answer
    with served.client() as client:
        with pytest.raises(ControlError, match="it went"):
            client.call("vm-run", name="w", argv=["x"])
        assert next(client.events(10))["data"] == "YQ=="


def test_who_does_not_read_progress_keeps_it_waiting(served: Served, handler: Canned) -> None:
    yielded = [0]
    closed = threading.Event()

    async def answer(args: Any) -> AsyncIterator[Any]:
        try:
            for _ in range(1000):
                yield VMOutput(stream="output", data=bytes(1 << 16))
                yielded[0] += 1
            yield Ran(status=0, output=b"", errors=b"", cut=False)
        finally:
            closed.set()

    handler.results["vm-run"] = answer
    with Raw(served.path) as raw:
        raw.send(b'{"id": 1, "command": "vm-run", "args": {"name": "w", "argv": ["x"]}}\n')
        # Something of it is there, and others are served while all that fits waits.
        assert raw.file.peek(1)
        with served.client() as other:
            assert other.call("windows") == []
        before = -1
        while yielded[0] != before:
            before = yielded[0]
            served.wait(asyncio.sleep(0.2))
        assert 0 < before < 100
        assert not closed.is_set()
    assert closed.wait(10), "who goes is seen"


def test_who_says_no_more_is_told_all_the_same(served: Served, handler: Canned) -> None:
    go = threading.Event()

    async def answer(args: Any) -> AsyncIterator[Any]:
        while not go.is_set():
            await asyncio.sleep(0.01)
        yield VMOutput(stream="output", data=b"a")
        yield Ran(status=0, output=b"", errors=b"", cut=False)

    handler.results["vm-run"] = answer
    with Raw(served.path) as raw:
        raw.send(b'{"id": 1, "command": "vm-run", "args": {"name": "w", "argv": ["x"]}}\n')
        raw.socket.shutdown(socket.SHUT_WR)
        with served.client() as other:
            assert other.call("windows") == []
        go.set()
        assert raw.reply()["event"] == "vm-output" and raw.reply()["ok"] is True
