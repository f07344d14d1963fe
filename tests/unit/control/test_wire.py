"""Requests from bytes, replies to bytes."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spectrum_session.control import commands, wire
from spectrum_session.control.commands import COMMANDS
from spectrum_session.control.errors import CODES, ControlError
from spectrum_session.control.messages import ExitEvent, FocusEvent


def refused(line: bytes | str) -> wire.RequestError:
    with pytest.raises(wire.RequestError) as caught:
        wire.parse(line.encode() if isinstance(line, str) else line)
    return caught.value


def request(command: str, **args: Any) -> str:
    return json.dumps({"id": 1, "command": command, "args": args})


def test_args_may_be_left_out() -> None:
    parsed = wire.parse(b'{"id": "a", "command": "windows"}')
    assert parsed == wire.Request("a", "windows", commands.NoArgs())


def test_id_may_be_left_out() -> None:
    assert wire.parse(b'{"command": "exit"}').id is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "bad-message"),
        (b"\xff\xfe", "bad-message"),
        (b"[]", "bad-message"),
        (b"{}", "bad-message"),
        (b'{"command": 1}', "bad-message"),
        (b'{"command": "windows"', "bad-message"),
        (b'{"command": "windows"} {}', "bad-message"),
        (b'{"command": "wind\xff"}', "bad-message"),
        (b'{"command": "windows", "arguments": {}}', "bad-message"),
        (b'{"id": 18446744073709551616, "command": "windows"}', "bad-message"),
        (b'{"id": 1.5, "command": "windows"}', "bad-message"),
        (b'{"command": "windos"}', "unknown-command"),
        (b'{"command": ""}', "unknown-command"),
        (b'{"command": "windows", "args": null}', "bad-arguments"),
        (b'{"command": "windows", "args": []}', "bad-arguments"),
        (b'{"command": "windows", "args": {"all": true}}', "bad-arguments"),
        (b"[" * 100_000, "bad-message"),
    ],
)
def test_what_is_no_request(line: bytes, code: str) -> None:
    error = refused(line)
    assert (error.code, error.id) == (code, None)
    assert error.message


def test_deep_nesting_is_refused() -> None:
    line = b'{"command": "spawn", "args": ' + b"[" * 90_000 + b"]" * 90_000 + b"}"
    error = refused(line)
    # How deep the C stack goes is Python's affair: from 3.14 on all of it can be read.
    nested = error.code == "bad-message" and "nested too deeply" in error.message
    assert nested or error.code == "bad-arguments", error
    assert error.id is None


@pytest.mark.parametrize(
    "line",
    [
        '{"id": 7, "command": "windos"}',
        '{"id": 7, "command": "windows", "args": {"x": 1}}',
        '{"id": 7, "command": "windows", "more": 1}',
        '{"id": 7}',
    ],
)
def test_an_error_keeps_the_id_where_it_can_be_read(line: str) -> None:
    assert refused(line).id == 7


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("window", {"id": 1}),
        ("window", {"action": "focus"}),
        ("window", {"id": 1, "action": "explode"}),
        ("window", {"id": "1", "action": "focus"}),
        ("window", {"id": True, "action": "focus"}),
        ("window", {"id": -1, "action": "focus"}),
        ("window", {"id": 1, "action": "move"}),
        ("window", {"id": 1, "action": "move", "x": 1}),
        ("window", {"id": 1, "action": "move", "x": 1, "y": 1.5}),
        ("window", {"id": 1, "action": "move", "x": 1, "y": 2_000_000}),
        ("window", {"id": 1, "action": "move", "x": 1, "y": 1, "width": 3}),
        ("window", {"id": 1, "action": "resize", "width": 0, "height": 9}),
        ("window", {"id": 1, "action": "resize", "width": 9, "height": 40_000}),
        ("window", {"id": 1, "action": "close", "switch": "on"}),
        ("window", {"id": 1, "action": "minimise", "switch": "on"}),
        ("window", {"id": 1, "action": "float", "switch": "yes"}),
        ("window", {"id": 1, "action": "workspace", "workspace": 11}),
        ("workspace", {"number": 0}),
        ("layout", {"name": "spiral"}),
        ("action", {"text": ""}),
        ("action", {"text": "x" * 5000}),
        ("spawn", {"argv": []}),
        ("spawn", {"argv": [""]}),
        ("spawn", {"argv": ["a\0b"]}),
        ("spawn", {"argv": ["a", "b\nc\0"]}),
        ("spawn", {"argv": "foot"}),
        ("spawn", {"argv": ["foot"], "vm": ""}),
        ("vm-start", {}),
        ("vm-socket", {"name": ""}),
        ("screenshot", {"output": "A", "window": 1}),
        ("subscribe", {"events": ["windows"]}),
    ],
)
def test_wrong_arguments(command: str, args: dict[str, Any]) -> None:
    error = refused(request(command, **args))
    assert (error.code, error.id) == ("bad-arguments", 1)
    assert error.message.startswith(f"{command}: ")


@pytest.mark.parametrize(
    ("command", "args"),
    [
        ("window", {"id": 0, "action": "focus"}),
        ("window", {"id": 1, "action": "move", "x": -10, "y": 0}),
        ("window", {"id": 1, "action": "resize", "width": 1, "height": 32767}),
        ("window", {"id": 1, "action": "float"}),
        ("window", {"id": 1, "action": "maximise", "switch": "off"}),
        ("window", {"id": 1, "action": "workspace", "workspace": 10}),
        ("workspace", {"number": 1}),
        ("layout", {"name": "monocle"}),
        ("action", {"text": "focus left"}),
        ("spawn", {"argv": ["sh", "-c", "", "line\nbreak"], "vm": "work"}),
        ("vm-stop", {"name": "work"}),
        ("screenshot", {"output": "A"}),
        ("screenshot", {"window": 3, "output": None}),
        ("subscribe", {"events": ["window", "exit"]}),
    ],
)
def test_right_arguments(command: str, args: dict[str, Any]) -> None:
    parsed = wire.parse(request(command, **args).encode())
    assert isinstance(parsed.args, COMMANDS[command].args)
    for name, value in args.items():
        assert getattr(parsed.args, name) == value


def test_the_code_of_every_error_is_in_the_list() -> None:
    for line in ("", '{"command": "x"}', '{"command": "window"}'):
        assert refused(line).code in CODES


def test_a_long_unknown_command_is_not_repeated_whole() -> None:
    assert len(refused(request("x" * 100_000)).message) < 200


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_a_request_error(line: bytes) -> None:
    try:
        wire.parse(line)
    except wire.RequestError as error:
        reply = json.loads(wire.failure(error.id, error))
        assert reply["ok"] is False


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
_keys = st.sampled_from(["id", "action", "x", "y", "width", "number", "name", "argv", "events"])


@given(st.sampled_from(sorted(COMMANDS)), _json, st.dictionaries(_keys, _json, max_size=4) | _json)
def test_any_json_is_a_request_or_a_request_error(command: str, id: object, args: object) -> None:
    line = json.dumps({"command": command, "id": id, "args": args}).encode()
    try:
        parsed = wire.parse(line)
    except wire.RequestError as error:
        reply = json.loads(wire.failure(error.id, error))
        assert reply["ok"] is False
    else:
        assert json.loads(wire.success(parsed.id, None)) == {"id": id, "ok": True, "result": None}


def test_replies_and_events_are_one_line_each() -> None:
    lines = [
        wire.success(1, {"text": "a\nb"}),
        wire.failure("x", ControlError("failed", "two\nlines")),
        wire.event(FocusEvent(window=3, vm=None)),
    ]
    assert [line.count(b"\n") for line in lines] == [1, 1, 1]
    assert all(line.endswith(b"\n") for line in lines)
    assert json.loads(lines[1])["error"] == {"code": "failed", "message": "two\nlines"}
    assert json.loads(lines[2]) == {"event": "focus", "window": 3, "vm": None}


def test_an_event_without_keys_is_its_name() -> None:
    assert json.loads(wire.event(ExitEvent())) == {"event": "exit"}


def test_an_error_text_that_has_no_utf8_still_goes_out() -> None:
    reply = json.loads(wire.failure(1, ControlError("failed", "file \udcff")))
    assert reply["error"]["message"] == "file \\udcff"


def test_args_structs_refuse_unknown_keys() -> None:
    for command in COMMANDS.values():
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(b'{"unheard-of": 1}', type=command.args)
