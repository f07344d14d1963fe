"""docs/CONTROL.md says all that the code does, and the two tables of names agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spectrum_session.control import errors, messages, names
from spectrum_session.control.commands import COMMANDS, SubscribeArgs, WindowArgs
from spectrum_session.shell.names import LAYOUTS

PAGE = (Path(__file__).parents[3] / "docs" / "CONTROL.md").read_text()


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    match = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, f"no section {title}"
    return match[1]


def rows(title: str, table: int | None = None) -> dict[str, str]:
    """The rows of the tables in a section, or of one of them, by each `name` in the first cell."""
    found: dict[str, str] = {}
    current = -1
    before = ""
    for line in section(title).splitlines():
        current += line.startswith("|") and not before.startswith("|")
        before = line
        if line.startswith("|") and table in (None, current):
            first, rest = line.strip("|").split("|", 1)
            for name in re.findall(r"`\"?([^`\"]+)\"?`", first):
                found[name] = rest
    return found


def fields(struct: type[msgspec.Struct]) -> set[str]:
    return set(struct.__struct_encode_fields__)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_described_with_its_arguments(name: str) -> None:
    args, result = rows("Commands", 0)[name].strip().rsplit("|", 1)
    if name == "window":  # the rest of its arguments has a table of its own
        args += "".join(rows("Commands", 1).values())
    for argument in fields(COMMANDS[name].args):
        assert f"`{argument}`" in args
    wanted = COMMANDS[name].result
    assert wanted.strip("[]") in result
    assert ("array of" in result) == wanted.startswith("[")


def test_no_command_is_described_that_is_not_there() -> None:
    assert set(rows("Commands", 0)) == set(COMMANDS)
    assert set(rows("Commands", 1)) - {"action"} == set(names.WINDOW_ACTIONS)


@pytest.mark.parametrize(
    "name",
    ["Label", "Output", "Workspace", "VM", "VMStatus", "Gate", "Usage", "Client", "Binding"],
)
def test_every_key_of_a_result_is_described(name: str) -> None:
    assert set(rows(name)) == fields(getattr(messages, name))


def test_every_key_of_window_and_version_is_described() -> None:
    assert set(rows("Window")) == fields(messages.Window)
    assert set(rows("Version")) == fields(messages.Version)


@pytest.mark.parametrize(
    ("title", "struct"),
    [
        ("Tree", messages.Tree),
        ("Tree", messages.TreeOutput),
        ("Tree", messages.TreeWorkspace),
        ("Tree", messages.TreeGate),
        ("Tree", messages.TreeConnection),
        ("Results", messages.Geometry),
        ("Output", messages.Mode),
        ("The others", messages.Spawned),
        ("The others", messages.SocketPath),
        ("The others", messages.VMLog),
        ("The others", messages.App),
        ("The others", messages.Ran),
        ("The others", messages.VMConsole),
        ("The others", messages.Screenshot),
        ("Output of `vm-run`", messages.VMOutput),
        ("The others", messages.Subscribed),
    ],
)
def test_every_key_of_the_rest_is_described(title: str, struct: type[msgspec.Struct]) -> None:
    for field in fields(struct):
        assert f"`{field}`" in section(title)


@pytest.mark.parametrize("event", messages.Event.__subclasses__())
def test_every_event_is_described(event: type[messages.Event]) -> None:
    row = rows("Events")[str(event.__struct_config__.tag)]
    for field in fields(event):
        assert f"`{field}`" in row


def test_events_have_the_names_that_can_be_subscribed_to() -> None:
    tags = [event.__struct_config__.tag for event in messages.Event.__subclasses__()]
    assert sorted(map(str, tags)) == sorted(names.EVENTS)
    assert set(rows("Events")) - {"event"} == set(names.EVENTS)
    assert msgspec.convert({"events": list(names.EVENTS)}, SubscribeArgs)


def test_every_error_code_is_described() -> None:
    assert {name for name in rows("Messages") if "-" in name or name in errors.CODES} == set(
        errors.CODES
    )


def test_every_window_action_is_described_and_works() -> None:
    extra: dict[str, dict[str, Any]] = {
        "move": {"x": 1, "y": 1},
        "resize": {"width": 1, "height": 1},
        "workspace": {"workspace": 1},
    }
    for action in names.WINDOW_ACTIONS:
        assert action in rows("Commands", 1)
        args = {"id": 1, "action": action, **extra.get(action, {})}
        assert msgspec.convert(args, WindowArgs).action == action
        if action in names.SWITCHED:
            assert msgspec.convert({**args, "switch": "on"}, WindowArgs).switch == "on"


def test_numbers_in_the_page() -> None:
    from spectrum_session.control import server

    assert names.MAX_REQUEST == 1 << 20 and server.MAX_EVENTS == 1 << 20
    assert f"while {server.MAX_WAITING} requests" in PAGE
    assert f"At most {server.MAX_CLIENTS} connections" in PAGE
    assert f"`protocol` in `version` increases; it is {names.PROTOCOL_VERSION}" in PAGE


def test_the_example_of_a_window_is_one() -> None:
    example = re.search(r"```json\n(\{\"id\": 3.*?)```", PAGE, re.DOTALL)
    assert example
    window = msgspec.json.decode(example[1], type=messages.Window)
    assert json.loads(msgspec.json.encode(window)) == json.loads(example[1])


def test_states_and_layouts_of_the_page() -> None:
    for state in names.VM_STATES:
        assert f'`"{state}"`' in rows("VM")["state"]
    for gate_state in names.GATE_STATES:
        assert f'`"{gate_state}"`' in rows("Gate")["state"]
    for layout in LAYOUTS:
        assert f'`"{layout}"`' in rows("Commands", 0)["layout"]
