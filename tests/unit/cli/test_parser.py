"""Words of a command line to a request, and every request to one that the session takes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from spectrum_session.cli.ctl_parser import UsageError, parse
from spectrum_session.control import wire
from spectrum_session.control.commands import COMMANDS
from spectrum_session.control.names import WINDOW_ACTIONS

from .test_manual import SUBCOMMANDS

GOOD: list[tuple[str, str, dict[str, Any]]] = [
    ("windows", "windows", {}),
    ("outputs", "outputs", {}),
    ("workspaces", "workspaces", {}),
    ("vms", "vms", {}),
    ("apps", "apps", {}),
    ("clients", "clients", {}),
    ("bindings", "bindings", {}),
    ("version", "version", {}),
    ("tree", "tree", {}),
    ("window 3 focus", "window", {"id": 3, "action": "focus"}),
    ("window 3 close", "window", {"id": 3, "action": "close"}),
    ("window 3 kill", "window", {"id": 3, "action": "kill"}),
    ("window 3 move -10 20", "window", {"id": 3, "action": "move", "x": -10, "y": 20}),
    ("window 3 move 0 -5", "window", {"id": 3, "action": "move", "x": 0, "y": -5}),
    ("window 3 resize 9 8", "window", {"id": 3, "action": "resize", "width": 9, "height": 8}),
    ("window 3 fullscreen", "window", {"id": 3, "action": "fullscreen"}),
    ("window 3 fullscreen on", "window", {"id": 3, "action": "fullscreen", "switch": "on"}),
    ("window 3 float off", "window", {"id": 3, "action": "float", "switch": "off"}),
    ("window 3 maximise toggle", "window", {"id": 3, "action": "maximise", "switch": "toggle"}),
    ("window 3 minimise", "window", {"id": 3, "action": "minimise"}),
    ("window 3 workspace 10", "window", {"id": 3, "action": "workspace", "workspace": 10}),
    ("workspace 1", "workspace", {"number": 1}),
    ("layout monocle", "layout", {"name": "monocle"}),
    ("action focus left", "action", {"text": "focus left"}),
    ("action resize -40 +0", "action", {"text": "resize -40 +0"}),
    ("spawn foot", "spawn", {"argv": ["foot"], "vm": None}),
    ("spawn -- foot -e top", "spawn", {"argv": ["foot", "-e", "top"], "vm": None}),
    ("spawn --vm work -- foot", "spawn", {"argv": ["foot"], "vm": "work"}),
    ("spawn --vm=work foot --vm x", "spawn", {"argv": ["foot", "--vm", "x"], "vm": "work"}),
    ("spawn -- x -- y --json", "spawn", {"argv": ["x", "--", "y", "--json"], "vm": None}),
    ("spawn -- --help", "spawn", {"argv": ["--help"], "vm": None}),
    ("spawn vm -- x", "spawn", {"argv": ["vm", "--", "x"], "vm": None}),
    ("spawn foot --help", "spawn", {"argv": ["foot", "--help"], "vm": None}),
    ("action -- exit", "action", {"text": "exit"}),
    ("vm start work", "vm-start", {"name": "work"}),
    ("vm stop work", "vm-stop", {"name": "work"}),
    ("vm socket work", "vm-socket", {"name": "work"}),
    ("vm status work", "vm-status", {"name": "work"}),
    ("vm kill work", "vm-kill", {"name": "work"}),
    ("vm log work", "vm-log", {"name": "work"}),
    ("vm apps work", "vm-apps", {"name": "work"}),
    ("vm console work", "vm-console", {"name": "work", "wait": False}),
    ("vm console --wait work", "vm-console", {"name": "work", "wait": True}),
    ("vm list", "vms", {}),
    ("vm run work -- ls -l --json", "vm-run", {"name": "work", "argv": ["ls", "-l", "--json"]}),
    ("vm run work -- a -- b", "vm-run", {"name": "work", "argv": ["a", "--", "b"]}),
    ("screenshot a.png", "screenshot", {"output": None, "window": None}),
    ("screenshot - --output A", "screenshot", {"output": "A", "window": None}),
    ("screenshot --window 3 a.png", "screenshot", {"output": None, "window": 3}),
    ("subscribe", "subscribe", {"events": []}),
    ("subscribe window focus", "subscribe", {"events": ["window", "focus"]}),
    ("reload", "reload", {}),
    ("exit", "exit", {}),
]


LOCAL: list[tuple[str, str, dict[str, Any]]] = [
    ("image list", "image-list", {"config": None}),
    ("image list --config /x", "image-list", {"config": "/x"}),
    (
        "image build work",
        "image-build",
        {"name": "work", "mirror": None, "again": False, "config": None},
    ),
    (
        "image build",
        "image-build",
        {"name": None, "mirror": None, "again": False, "config": None},
    ),
    (
        "image build --mirror http://m/debian work --again --config d",
        "image-build",
        {"name": "work", "mirror": "http://m/debian", "again": True, "config": "d"},
    ),
]
"""What needs no session."""


@pytest.mark.parametrize(("line", "command", "args"), LOCAL)
def test_what_needs_no_session(line: str, command: str, args: dict[str, Any]) -> None:
    invocation = parse(line.split())
    assert (invocation.command, invocation.args) == (command, args)


@pytest.mark.parametrize(("line", "command", "args"), GOOD)
def test_what_is_asked(line: str, command: str, args: dict[str, Any]) -> None:
    invocation = parse(line.split())
    assert (invocation.command, invocation.args) == (command, args)
    assert (invocation.json, invocation.socket) == (False, None)
    request = {"command": invocation.command, "args": invocation.args}
    assert wire.parse(json.dumps(request).encode()).command == command


def test_every_command_can_be_asked() -> None:
    assert {command for _, command, _ in GOOD} == set(COMMANDS)
    assert {line.split()[0] for line, _, _ in [*GOOD, *LOCAL]} == set(SUBCOMMANDS)
    actions = {args["action"] for _, command, args in GOOD if command == "window"}
    assert actions == set(WINDOW_ACTIONS)


def test_an_action_of_one_word_is_left_as_it_is() -> None:
    assert parse(["action", "spawn sh -c 'a b'"]).args == {"text": "spawn sh -c 'a b'"}


def test_an_action_of_several_words_keeps_them_apart() -> None:
    assert parse(["action", "spawn", "sh", "-c", "a b"]).args == {"text": "spawn sh -c 'a b'"}


@pytest.mark.parametrize(
    "line",
    [
        "--json --socket /s windows",
        "--socket=/s --json windows",
        "windows --json --socket /s",
        "--json windows --socket /s",
        "--socket /other windows --json --socket /s",
        "spawn --json --socket /s -- foot",
        "--socket /s spawn --json foot",
    ],
)
def test_options_stand_before_or_after_the_command(line: str) -> None:
    invocation = parse(line.split())
    assert (invocation.json, invocation.socket) == (True, "/s")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("", "a command is missing"),
        ("--json", "a command is missing"),
        ("windos", "did you mean 'windows'"),
        ("frobnicate", "it is one of windows, outputs"),
        ("--jsn windows", "--jsn"),
        ("--js windows", "--js"),
        ("--socket", "expected one argument"),
        ("windows 3", "3"),
        ("windows --vm x", "--vm"),
        ("window", "ID"),
        ("window 3", "ACTION"),
        ("window x focus", "whole number"),
        ("window -1 focus", "from 0"),
        ("window 3 mov 1 2", "did you mean 'move'"),
        ("window 3 move", "required: X, Y"),
        ("window 3 move 1", "required: Y"),
        ("window 3 move 1 2 3", "unexpected argument '3'"),
        ("window 3 move a 2", "x must be a whole number, not 'a'"),
        ("window 3 resize 1", "required: HEIGHT"),
        ("window 3 focus now", "unexpected argument 'now'"),
        ("window 3 minimise on", "unexpected argument 'on'"),
        ("window 3 float onn", "did you mean 'on'"),
        ("window 3 float on off", "unexpected argument 'off'"),
        ("window 3 workspace", "required: WORKSPACE"),
        ("workspace 11", "from 1 to 10"),
        ("workspace one", "whole number"),
        ("layout colums", "did you mean 'columns'"),
        ("action", "text of the action is missing"),
        ("spawn", "program to start is missing"),
        ("spawn --vm work", "program to start is missing"),
        ("spawn --vm work --", "program to start is missing"),
        ("vm", "start|stop|socket"),
        ("vm run work", "put it after --"),
        ("vm run work --", "put it after --"),
        ("vm run work ls", "unexpected argument 'ls'; put the program after --"),
        ("vm run -- ls", "NAME"),
        ("vm list work", "unexpected argument 'work'"),
        ("vm kill work -- ls", "'kill' takes no program"),
        ("vm kill work --wait", "unexpected argument '--wait'"),
        ("vm console work -- ls", "'console' takes no program"),
        ("image", "build|list"),
        ("image lits", "did you mean 'list'"),
        ("image list work", "unexpected argument 'work'"),
        ("image list --mirror http://m", "unexpected argument '--mirror'"),
        ("vm strat work", "did you mean 'start'"),
        ("vm start", "NAME"),
        ("screenshot", "FILE"),
        ("screenshot a --output A --window 3", "not allowed"),
        ("screenshot - --json", "standard output"),
        ("subscribe windows", "did you mean 'window'"),
    ],
)
def test_usage_errors(line: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line.split())
    assert text in str(caught.value)
    word = line.split()[0] if line else ""
    where = f"spectrumctl {word}" if word in SUBCOMMANDS else "spectrumctl"
    assert caught.value.where.startswith(where)


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("frobnicate", ""),
        ("windows 3", " windows"),
        ("window 3 mov", " window"),
        ("window 3 move 1", " window move"),
        ("window 3 move 1 2 3", " window move"),
        ("vm run work", " vm run"),
        ("spawn", " spawn"),
    ],
)
def test_an_error_names_the_command_with_the_help(line: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line.split())
    assert caught.value.where == f"spectrumctl{where}"


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["-h"],
        *([name, "--help"] for name in SUBCOMMANDS),
        ["vm", "run", "--help"],
        ["window", "3", "move", "--help"],
    ],
)
def test_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(words)
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.isascii()
    if len(words) == 1:
        for name, subcommand in SUBCOMMANDS.items():
            assert re.search(rf"^ +{name} +{subcommand.description}$", text, re.MULTILINE)
    else:
        assert f"usage: spectrumctl {words[0]}" in text
