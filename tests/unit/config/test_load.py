"""Merging files, and what can be judged only with all of them at hand."""

from __future__ import annotations

import pytest

from spectrum_session.config.schema import Binding, Config, Label, Rule

from .conftest import USER, ErrorsOf, Places


def test_nothing_but_empty_defaults_is_the_schema(places: Places) -> None:
    assert places.load() == Config()


def test_later_files_win_key_by_key(places: Places) -> None:
    places.write("defaults/session.toml", "[frame]\nborder = 5\ntitle-height = 20\nfont = 'a'")
    places.write("system/session.toml", "[frame]\nborder = 6\ntitle-height = 21")
    places.write(f"{USER}/session.toml", "[frame]\nborder = 7")
    frame = places.load().frame
    assert (frame.border, frame.title_height, frame.font) == (7, 21, "a")
    # With --config only the defaults and the directory count.
    places.write("given/session.toml", "[frame]\ntitle-height = 22")
    frame = places.load("given").frame
    assert (frame.border, frame.title_height, frame.font) == (5, 22, "a")


def test_arrays_are_replaced_and_named_tables_join(places: Places) -> None:
    places.write(
        "defaults/session.toml",
        "session.terminal = ['a', 'b']\nrules = [{ vm = 'a', focus = false }]\n"
        "[labels.a]\ncolor = 'red'\npattern = 'dots'\n[outputs.A]\nscale = 2\n"
        "[environment]\nA = '1'\nB = '1'\n",
    )
    places.write(
        f"{USER}/session.toml",
        "session.terminal = ['c']\nrules = [{ title = 'b', workspace = 2 }]\n"
        "[labels.a]\ncolor = 'blue'\n[labels.b]\ncolor = 'gray'\n[outputs.B]\n"
        "[environment]\nB = '2'\n",
    )
    config = places.load()
    assert config.session.terminal == ["c"]
    assert config.rules == [Rule(title="b", workspace=2)]
    assert config.labels == {"a": Label(color="blue", pattern="dots"), "b": Label(color="gray")}
    assert (list(config.outputs), config.outputs["A"].scale) == (["A", "B"], 2)
    assert config.environment == {"A": "1", "B": "2"}


def test_vms_come_from_files_of_their_name_and_merge_too(places: Places) -> None:
    places.write("defaults/session.toml", "labels.a.color = 'red'")
    places.write("system/vms/one.toml", "label = 'a'\nautostart = true")
    places.write(f"{USER}/vms/one.toml", "autostart = false\ncommand = ['x']")
    places.write(f"{USER}/vms/two.three_4-5.toml", "")
    config = places.load()
    assert list(config.vms) == ["one", "two.three_4-5"]
    one = config.vms["one"]
    assert (one.label, one.autostart, one.command) == ("a", False, ["x"])
    assert config.vms["two.three_4-5"].label == ""


@pytest.mark.parametrize("name", ["A", "-a", "a:b", "a,b", "a b", "ä", "a" * 64, "a\n"])
def test_a_bad_name_of_a_vm_is_an_error_of_its_file(places: Places, name: str) -> None:
    path = places.write(f"given/vms/{name}.toml", "label = 'nope'\ndriver = 'x'")
    errors = places.errors("given")
    assert [(error.file, error.line, error.key) for error in errors] == [
        (path, 1, ""),
        (path, 1, "label"),
        (path, 2, "driver"),
    ]
    assert "a VM's name" in errors[0].allowed


def test_errors_of_all_files_come_at_once_also_of_values_that_a_later_file_replaces(
    places: Places,
) -> None:
    paths = [
        places.write("system/session.toml", "[frame]\nborder = 0\n"),
        places.write("system/vms/a.toml", "\n\nlabel = 'nope'\n"),
        places.write(f"{USER}/session.toml", "[frame]\nborder = 4\nx = 1\n"),
        places.write(f"{USER}/vms/a.toml", "driver = 'xen'\n"),
    ]
    errors = places.errors()
    assert [error.file for error in errors] == paths
    assert [(error.line, error.key) for error in errors] == [
        (2, "frame.border"),
        (3, "label"),
        (3, "frame.x"),
        (1, "driver"),
    ]


def test_a_label_that_a_vm_names_must_be_there(places: Places) -> None:
    places.write("defaults/session.toml", "labels.red.color = 'red'\nlabels.blue.color = 'blue'")
    places.write("given/vms/a.toml", "label = 'grey'")
    (error,) = places.errors("given")
    assert error.found == '"grey"'
    assert error.allowed == 'one of "red", "blue", or "" for the most suspicious one'


def test_names_that_a_broken_file_may_give_are_no_errors(places: Places) -> None:
    broken = places.write(
        "given/session.toml", "[labels.work]\ncolor = 'red'\n[modes.resize.bindings]\n= \n"
    )
    places.write("given/vms/a.toml", "label = 'gone'")
    places.write(
        "defaults/session.toml", "bindings.a = 'mode resize'\nlabels.work.pattern = 'dots'"
    )
    assert [error.file for error in places.errors("given")] == [broken]


def test_a_label_may_get_its_colour_in_any_file_but_needs_one(places: Places) -> None:
    places.write("defaults/session.toml", "labels.a.color = 'red'")
    places.write("system/session.toml", "\nlabels.b.pattern = 'dots'")
    user = places.write(
        f"{USER}/session.toml", "[labels.a]\npattern = 'dots'\n[labels.b]\npattern = 'bars'\n"
    )
    (error,) = places.errors()
    assert (error.file, error.line, error.key) == (user, 3, "labels.b")
    assert '"color"' in error.allowed
    user.unlink()
    (error,) = places.errors()
    assert (error.line, error.key) == (2, "labels.b")


def test_a_rule_needs_something_to_match_and_something_to_do(errors_of: ErrorsOf) -> None:
    errors = errors_of(
        "[[rules]]\n[[rules]]\nvm = 'a'\n[[rules]]\nfloating = true\n"
        "[[rules]]\napp-id = 'a'\nfocus = false\n"
    )
    assert [(error.line, error.key) for error in errors] == [
        (1, "rules[0]"),
        (1, "rules[0]"),
        (2, "rules[1]"),
        (4, "rules[2]"),
    ]
    assert "vm, app-id, title" in errors[0].allowed


def test_a_directory_read_twice_tells_its_errors_once(places: Places) -> None:
    places.write("defaults/session.toml", "[frame]\nborder = 0\n[labels.a]\n")
    assert [error.key for error in places.errors("defaults")] == ["frame.border", "labels.a"]


# Bindings


def test_actions_that_are_none_name_their_line(errors_of: ErrorsOf) -> None:
    errors = errors_of(
        "[bindings]\n'Super+a' = 'focsu left'\n'Super+b' = { action = '' }\n"
        "[modes.m.bindings]\na = 'workspace 11'\n"
    )
    assert [(error.line, error.key) for error in errors] == [
        (2, 'bindings."Super+a"'),
        (3, 'bindings."Super+b".action'),
        (5, "modes.m.bindings.a"),
    ]
    assert errors[0].found == '"focsu left"'
    assert "'focus'" in errors[0].allowed


def test_chords_that_are_none_name_their_line(errors_of: ErrorsOf) -> None:
    errors = errors_of("[bindings]\n'Super+Retrun' = 'exit'\n[modes.m.bindings]\n'Hyper+a+' = ''\n")
    assert [error.line for error in errors] == [2, 4]
    assert errors[0].found == 'the chord "Super+Retrun"'


def test_modes_that_actions_name_must_be_there(places: Places, errors_of: ErrorsOf) -> None:
    places.write("defaults/session.toml", "[modes.shipped.bindings]\n")
    bindings = [
        "a = 'mode default'",
        "b = 'mode shipped'",
        "c = 'mode resize'",
        "d = 'mode nope'",
        "e = { action = 'mode no' }",
    ]
    text = "[bindings]\n" + "\n".join(bindings)
    text += "\n[modes.resize.bindings]\na = 'mode resize'\nb = 'mode away'\n"
    assert [error.line for error in errors_of(text)] == [5, 6, 9]


def test_a_chord_stands_once_in_a_table_however_it_is_spelled(errors_of: ErrorsOf) -> None:
    errors = errors_of(
        "[bindings]\n'Super+Shift+q' = 'close'\n'shift+super+q' = 'kill'\n"
        "[modes.m.bindings]\n'Super+Shift+q' = 'close'\n"
    )
    (error,) = errors
    assert (error.line, error.key) == (3, 'bindings."shift+super+q"')
    assert error.found == 'the chord of "Super+Shift+q" again'


def test_press_and_release_name_and_place_are_apart(places: Places, errors_of: ErrorsOf) -> None:
    text = (
        "[bindings]\na = 'exit'\nA = { action = 'exit', release = true }\n"
        "'super+a' = 'exit'\n'Super+a' = { action = 'exit', keycode = true }\n"
        "'code:30' = 'exit'\n"
    )
    places.write("given/session.toml", text)
    assert len(places.load("given").bindings) == 5
    errors = errors_of(text + "'Code:30' = { action = 'exit', keycode = true }\n")
    assert [error.line for error in errors] == [7]
    # In another file, a chord stands for all of them.
    places.write("defaults/session.toml", text)
    places.write("given/session.toml", "[bindings]\na = 'reload'\n'Super+A' = ''")
    assert places.load("given").bindings == {"a": "reload", "code:30": "exit"}


def test_a_binding_replaces_that_of_its_chord_as_a_whole(places: Places) -> None:
    places.write(
        "defaults/session.toml",
        "[bindings]\n'Super+Shift+q' = 'close'\n'Super+h' = { action = 'exit', repeat = true }\n"
        "[modes.m.bindings]\n'Super+a' = 'exit'\nb = 'exit'\n",
    )
    places.write(
        f"{USER}/session.toml",
        "[bindings]\n'Shift+Super+q' = 'kill'\n'Super+h' = { action = 'reload' }\n"
        "'Super+x' = 'exit'\n[modes.m.bindings]\n'super+a' = 'reload'\n[modes.n]\n",
    )
    config = places.load()
    assert config.bindings == {
        "Shift+Super+q": "kill",
        "Super+h": Binding(action="reload"),
        "Super+x": "exit",
    }
    assert config.modes["m"].bindings == {"b": "exit", "super+a": "reload"}
    assert config.modes["n"].bindings == {}


def test_an_empty_action_takes_the_chord_away(places: Places) -> None:
    places.write(
        "defaults/session.toml",
        "[bindings]\n'Super+a' = 'exit'\nb = 'exit'\n[modes.m.bindings]\na = 'exit'\nb = 'exit'\n",
    )
    places.write(f"{USER}/session.toml", "[bindings]\n'super+a' = ''\n[modes.m.bindings]\na = ''\n")
    config = places.load()
    assert config.bindings == {"b": "exit"}
    assert config.modes["m"].bindings == {"b": "exit"}
