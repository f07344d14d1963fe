"""Types and unknown keys: all mistakes at once, and the same verdict as msgspec's own."""

from __future__ import annotations

import copy
from typing import Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectrum_session.config import schema
from spectrum_session.config.errors import KeyPath
from spectrum_session.config.typed import check_types, keys_of

from .conftest import ErrorsOf, Places

Reported = list[tuple[KeyPath, str, str]]


def reported(data: dict[str, Any], struct: type[schema.Struct] = schema.Config) -> Reported:
    found: Reported = []
    check_types(data, struct, lambda *error: found.append(error))
    return found


MISTAKES = """
[session]
terminal = "foot"
spawn_terminal = false
autostart = ["waybar"]
[frame]
border = 4.5
title-height = true
tittle-height = 3
font = 1
[pointer]
tap = "yes"
acceleration = "fast"
[outputs.DP-1]
transform = "45"
position = [1]
[outputs]
DP-2 = true
[labels.work]
color = 3
[[rules]]
title = "x"
floating = 0
[modes.resize]
binding = {}
[bindings]
"Super+a" = 1
"Super+b" = { action = "exit", repeat = 1 }
"Super+c" = { repeat = true }
[environment]
A = 1
[vms.work]
label = "work"
"""


def test_all_mistakes_of_a_file_are_told_at_once(places: Places) -> None:
    path = places.write("given/session.toml", MISTAKES)
    found = {(error.line, error.key): error for error in places.errors("given")}
    assert {error.file for error in found.values()} == {path}
    assert list(found) == [
        (3, "session.terminal"),
        (4, "session.spawn_terminal"),
        (5, "session.autostart"),
        (7, "frame.border"),
        (8, "frame.title-height"),
        (9, "frame.tittle-height"),
        (10, "frame.font"),
        (12, "pointer.tap"),
        (13, "pointer.acceleration"),
        (15, "outputs.DP-1.transform"),
        (16, "outputs.DP-1.position"),
        (18, "outputs.DP-2"),
        (20, "labels.work.color"),
        (23, "rules[0].floating"),
        (25, "modes.resize.binding"),
        (27, 'bindings."Super+a"'),
        (28, 'bindings."Super+b".repeat'),
        (29, 'bindings."Super+c"'),
        (31, "environment.A"),
        (32, "vms"),
    ]
    allowed = {key: error.allowed for (_, key), error in found.items()}
    assert allowed["session.spawn_terminal"].startswith("spawn-terminal (the nearest), terminal,")
    assert allowed["frame.border"] == "a whole number from 1 to 32 (logical pixels)"
    assert allowed["pointer.tap"] == "true or false"
    assert '"flipped-90"' in allowed["outputs.DP-1.transform"]
    assert allowed["outputs.DP-2"].startswith("a table with enabled, mode, scale")
    assert allowed["modes.resize.binding"] == "bindings (the nearest)"
    assert allowed['bindings."Super+a"'].startswith("a string, or a table with action, repeat")
    assert '"action"' in allowed['bindings."Super+c"']
    assert allowed["environment.A"] == "a string without NUL"
    assert allowed["vms"] == "a file vms/NAME.toml for each VM"
    assert found[7, "frame.border"].found == "4.5"
    assert found[9, "frame.tittle-height"].found == "an unknown key"


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("frame = 1", "a table with border, title-height"),
        ("outputs = 1", "a table"),
        ("rules = 1", "an array of tables, each headed [[rules]]"),
        ("rules = [1]", "a table with vm, app-id"),
        ("bindings = []", "a table"),
        ("modes = 'resize'", "a table"),
        ("modes.resize = []", "a table with bindings"),
        ("layout.workspaces = 'columns'", "a table"),
        ("labels.work = 'red'", "a table with color, pattern"),
    ],
)
def test_what_should_be_a_table(errors_of: ErrorsOf, text: str, allowed: str) -> None:
    (error,) = errors_of(text)
    assert error.allowed.startswith(allowed)


def test_a_key_like_no_other_gets_the_whole_list(errors_of: ErrorsOf) -> None:
    (error,) = errors_of("[focus]\nxyzzy = 1")
    assert error.allowed == "follows-pointer, guard-ms"


def test_a_whole_number_will_do_for_a_number(places: Places) -> None:
    places.write("given/session.toml", "[outputs.'*']\nscale = 2\n[pointer]\nacceleration = 0")
    config = places.load("given")
    assert config.outputs["*"].scale == 2.0
    assert config.pointer.acceleration == 0.0


junk = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type, junk among them."""
    arguments = get_args(kind)
    if isinstance(kind, type) and issubclass(kind, schema.Struct):
        fields = {key: values(field.type) for key, field in keys_of(kind).items()}
        known = st.fixed_dictionaries({}, optional=fields)
        return st.tuples(known, st.dictionaries(st.text(max_size=3), junk, max_size=1)).map(
            lambda pair: {**pair[1], **pair[0]}
        ) | st.just({})
    if get_origin(kind) is dict:
        names = st.sampled_from(["1", "10", "a", "default", "*", "A_B", ""]) | st.text(max_size=3)
        return st.dictionaries(names, values(arguments[1]), max_size=2) | junk
    if get_origin(kind) is list and arguments[0] is not str:
        return st.lists(values(arguments[0]), max_size=2) | junk
    return st.from_type(kind).filter(lambda value: value is not None) | junk


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(values(schema.Config) | values(schema.VM))
def test_what_has_no_mistakes_left_is_what_the_schema_takes(data: dict[str, Any]) -> None:
    struct = schema.VM if "label" in data or "driver" in data else schema.Config
    errors = reported(data, struct)
    for path, _, _ in errors:
        at: Any = data
        for part in path:
            at = at[part]  # what is reported is there
    repaired = copy.deepcopy(data)
    # Indices of an array move when an earlier item goes, so the last goes first.
    for path, _, _ in reversed(errors):
        remove(repaired, path)
    for number, app in enumerate(repaired.get("apps", [])):
        # A key that must be there is missed when its value was the mistake.
        app.setdefault("name", f"app {number}")
        app.setdefault("command", ["foot"])
    assert reported(repaired, struct) == [], "one mistake hid another"
    for label in repaired.get("labels", {}).values():
        label.setdefault("color", "red")
    msgspec.convert(repaired, struct, strict=True)


def remove(data: Any, path: KeyPath) -> None:
    """Take out one value; one that is gone already, with what was round it, is fine."""
    *outer, last = path
    try:
        for part in outer:
            data = data[part]
        del data[last]
    except (KeyError, IndexError):
        return
