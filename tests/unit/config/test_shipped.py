"""The files that ship: they document every key, hold the defaults, and load."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from spectrum_session.config import schema
from spectrum_session.config.files import defaults_directory
from spectrum_session.config.load import load, load_with_files
from spectrum_session.config.toml import parse
from spectrum_session.config.typed import keys_of
from spectrum_session.labels.label import SUSPICIOUS, make_labels
from spectrum_session.labels.pattern import Pattern
from spectrum_session.shell.actions import ACTIONS

CONFIGS = Path(__file__).parents[3] / "configs"
TEXT = (CONFIGS / "session.toml").read_text()
EXAMPLES = re.sub(r"^#(?=[a-z\[\"])", "", TEXT, flags=re.MULTILINE)
"""The same with the lines in force that are there as examples."""

TABLES: dict[str, type[schema.Struct]] = {
    "session": schema.Session,
    "keyboard": schema.Keyboard,
    "pointer": schema.Pointer,
    "frame": schema.Frame,
    "layout": schema.Layout,
    "focus": schema.Focus,
    "permissions": schema.Permissions,
    "limits": schema.Limits,
    "spectrum": schema.Spectrum,
}


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}


def section(heading: str) -> str:
    """The text from a heading to the next."""
    _, _, rest = TEXT.partition(f"# ── {heading} ─")
    assert rest, f"no heading {heading}"
    return rest.partition("\n# ── ")[0]


def written(structs: type[schema.Struct], text: str, form: str) -> list[str]:
    """The keys of a struct that stand nowhere in `text` in this form."""
    return [key for key in keys_of(structs) if not re.search(form.format(key), text, re.MULTILINE)]


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def test_the_shipped_defaults_load_with_the_real_keys(
    tmp_path: Path, nowhere: dict[str, str]
) -> None:
    assert defaults_directory() == CONFIGS
    config, files = load_with_files(tmp_path, nowhere)
    assert files == (CONFIGS / "session.toml",)
    assert len(config.bindings) > 60


@pytest.mark.parametrize("table", TABLES)
def test_every_key_of_a_table_stands_in_it_with_its_default(table: str) -> None:
    data = parse(TEXT)[table]
    for key, field in keys_of(TABLES[table]).items():
        if default_of(field) is None:
            # TOML has no word for it: the key is shown as an example, out of force.
            assert key not in data
            assert key in parse(EXAMPLES)[table], f"[{table}] does not show {key}"
        else:
            assert data[key] == default_of(field), f"[{table}] {key}"
            assert type(data[key]) is type(default_of(field))


@pytest.mark.parametrize("table", TABLES)
def test_every_key_has_a_comment_of_its_own_or_shares_one(table: str) -> None:
    lines = TEXT[TEXT.index(f"\n[{table}]\n") + 1 :].splitlines()[1:]
    above = "blank"
    for line in lines:
        if line.startswith("["):
            break
        kind = "comment" if line.startswith("# ") else "key" if "=" in line else "blank"
        assert not (kind == "key" and above == "blank"), f"{line!r} has no comment above"
        above = kind


def test_every_table_is_there() -> None:
    for key in keys_of(schema.Config):
        assert re.search(rf"^#?\[+{key}(\]|\.)", TEXT, re.MULTILINE), f"no table [{key}]"


@pytest.mark.parametrize(
    ("struct", "heading", "form"),
    [
        (schema.Output, "Outputs", r"^#{} = "),
        (schema.Rule, "Rules", r"^#{} = "),
        (schema.Label, "Labels", r"^# {}  "),
        (schema.Binding, "Bindings", r"^# {}  "),
        (schema.Mode, "Bindings", r"^\[modes\.resize\.{}\]"),
        (schema.VM, "VMs", r"^# {} = "),
        (schema.VM, "VMs", r"^# {}(  |$)"),
    ],
)
def test_keys_of_tables_with_names_are_documented(
    struct: type[schema.Struct], heading: str, form: str
) -> None:
    assert written(struct, section(heading), form) == []


def test_values_shown_for_outputs_and_vms_are_their_defaults() -> None:
    shown = parse(EXAMPLES)["outputs"]["*"]
    assert msgspec.convert(shown, schema.Output) == schema.Output()
    shown = parse("\n".join(re.findall(r"^# ([a-z0-9-]+ = .*)$", section("VMs"), re.MULTILINE)))
    assert list(shown) == list(keys_of(schema.VM))
    assert msgspec.convert(shown, schema.VM) == schema.VM()


def test_every_choice_is_named() -> None:
    for struct in (*TABLES.values(), schema.Output, schema.VM):
        for key, field in keys_of(struct).items():
            for choice in get_args(field.type):
                if isinstance(choice, str):
                    assert f'"{choice}"' in TEXT, f"{key} may be {choice}"
    for pattern in Pattern:
        assert f'"{pattern.value}"' in section("Labels")


def test_every_action_is_listed_as_it_is_used() -> None:
    for action in ACTIONS.values():
        assert re.search(rf"^#   {re.escape(action.usage)}(\s|$)", TEXT, re.MULTILINE), action.name
        assert action.description in TEXT


def test_the_examples_are_valid(tmp_path: Path, nowhere: dict[str, str]) -> None:
    assert EXAMPLES.count("\n") == TEXT.count("\n")
    (tmp_path / "session.toml").write_text(EXAMPLES)
    config = load(tmp_path, nowhere)
    assert config.pointer.tap is True
    assert len(config.outputs) == 2
    assert len(config.rules) == 1


def test_no_two_labels_look_alike(tmp_path: Path, nowhere: dict[str, str]) -> None:
    entries = load(tmp_path, nowhere).labels.items()
    labels = make_labels((name, label.color, label.pattern) for name, label in entries)
    looks = [(label.color, label.pattern) for label in labels.values()]
    assert len(set(looks)) == len(looks)
    assert SUSPICIOUS.pattern not in {pattern for _, pattern in looks}
    assert {"red", "orange", "yellow", "green", "gray", "blue", "purple", "black"} <= set(labels)


def test_the_demo_loads_with_three_vms_in_labels_that_differ(nowhere: dict[str, str]) -> None:
    config = load(CONFIGS / "demo", nowhere)
    assert sorted(config.vms) == ["demo-personal", "demo-untrusted", "demo-work"]
    labels = [config.labels[vm.label] for vm in config.vms.values()]
    assert len({label.color for label in labels}) == len({label.pattern for label in labels}) == 3
    assert not config.session.spawn_terminal
    assert all(vm.driver == "local" and vm.command for vm in config.vms.values())


def test_what_a_person_expects_is_bound(tmp_path: Path, nowhere: dict[str, str]) -> None:
    bindings = load(tmp_path, nowhere).bindings
    actions = {
        chord: binding.action if isinstance(binding, schema.Binding) else binding
        for chord, binding in bindings.items()
    }
    expected = {
        "Super+Return": "spawn foot",
        "Super+Shift+Return": "spawn-in-vm",
        "Super+Shift+q": "close",
        "Super+0": "workspace 10",
        "Super+Shift+0": "move-to-workspace 10",
        "Super+F1": "toggle-bindings",
    }
    assert expected.items() <= actions.items()
    for number in range(1, 10):
        assert actions[f"Super+{number}"] == f"workspace {number}"
        assert actions[f"Super+Shift+{number}"] == f"move-to-workspace {number}"
    for keys in (("h", "j", "k", "l"), ("Left", "Down", "Up", "Right")):
        for key, way in zip(keys, ("left", "down", "up", "right"), strict=True):
            assert actions[f"Super+{key}"] == f"focus {way}"
            assert actions[f"Super+Shift+{key}"] == f"move {way}"
    # What ends the session or opens a program is never for the lock screen.
    for chord, binding in bindings.items():
        if isinstance(binding, schema.Binding) and binding.locked:
            assert chord.startswith("XF86"), chord
