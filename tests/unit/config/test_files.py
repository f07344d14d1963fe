"""Which files are read, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from spectrum_session.config import files
from spectrum_session.config.errors import ConfigError
from spectrum_session.config.load import load_with_files

from .conftest import USER, Places


def read(places: Places, directory: str | None = None) -> list[str]:
    given = places.root / directory if directory is not None else None
    _, found = load_with_files(given, places.environ, keysym=ord)
    return [str(file.relative_to(places.root)) for file in found]


def test_all_directories_in_order_of_importance(places: Places) -> None:
    for name in [f"{USER}/vms/b.toml", f"{USER}/session.toml", "system/vms/a.toml"]:
        places.write(name, "")
    places.write("system/session.toml", "")
    assert read(places) == [
        "defaults/session.toml",
        "system/session.toml",
        "system/vms/a.toml",
        f"{USER}/session.toml",
        f"{USER}/vms/b.toml",
    ]


def test_vms_are_read_by_name_whatever_the_file_system_says(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        places.write(f"given/vms/{name}.toml", "")
    monkeypatch.setattr("os.listdir", lambda path: ["b.toml", "c.toml", "a.toml"])
    assert read(places, "given")[1:] == [f"given/vms/{name}.toml" for name in "abc"]


def test_config_reads_defaults_and_its_directory_only(places: Places) -> None:
    places.write("system/session.toml", "not toml")
    places.write(f"{USER}/session.toml", "not toml")
    places.write("given/session.toml", "")
    assert read(places, "given") == ["defaults/session.toml", "given/session.toml"]


def test_a_directory_called_vms_is_a_directory_like_any(places: Places) -> None:
    places.write("vms/session.toml", "[frame]\nborder = 5")
    assert places.load("vms").frame.border == 5
    assert places.load("vms").vms == {}


def test_xdg_config_home_counts_when_absolute(places: Places) -> None:
    places.write("xdg/spectrum-session/session.toml", "")
    places.environ = {"XDG_CONFIG_HOME": str(places.root / "xdg"), "HOME": "/nonexistent"}
    assert read(places)[1:] == ["xdg/spectrum-session/session.toml"]
    places.write(f"{USER}/session.toml", "")
    places.environ = {"XDG_CONFIG_HOME": "xdg", "HOME": str(places.root / "home")}
    assert read(places)[1:] == [f"{USER}/session.toml"]


def test_shipped_vms_and_other_files_are_not_read(places: Places) -> None:
    for name in ["defaults/vms/a.toml", "system/vms/.#b.toml", "system/vms/c.toml~"]:
        places.write(name, "not toml")
    assert read(places) == ["defaults/session.toml"]


def only(errors: list[ConfigError]) -> ConfigError:
    (error,) = errors
    return error


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a = 1\nb = \n", 2, "column 5"),
        ("a = [\n1,\n", 2, "end of the file"),
        ("a = 1\na = 2\n", 2, "overwrite"),
        ("a = " + "9" * 5000, 1, "limit"),
        ("a = " + "[" * 20_000, 1, "nested too deeply"),
    ],
)
def test_what_is_no_toml_tells_the_line(places: Places, text: str, line: int, part: str) -> None:
    path = places.write("given/session.toml", text)
    error = only(places.errors("given"))
    assert (error.file, error.line) == (path, line)
    assert part in error.found


def test_what_is_no_utf8_tells_the_line(places: Places) -> None:
    path = places.write("given/session.toml", "")
    path.write_bytes(b"a = 1\n# caf\xe9\n")
    assert only(places.errors("given")) == ConfigError(path, 2, "", "the byte 0xe9", "UTF-8 text")


def test_what_cannot_be_read_is_an_error(places: Places) -> None:
    (places.root / "given/session.toml").mkdir(parents=True)
    vms = places.write("given/vms", "a file, not a directory")
    errors = places.errors("given")
    assert [error.file for error in errors] == [vms.parent / "session.toml", vms]
    assert [error.line for error in errors] == [0, 0]


def test_a_link_to_nothing_is_an_error(places: Places) -> None:
    vm = places.write("given/vms/a.toml", "")
    vm.unlink()
    vm.symlink_to("nowhere")
    assert only(places.errors("given")).file == vm


@pytest.mark.parametrize("name", ["given", "given/session.toml"])
def test_a_config_that_is_no_directory_is_an_error(places: Places, name: str) -> None:
    if name != "given":
        places.write(name, "")
    error = only(places.errors(name))
    assert error.file == places.root / name
    assert "a directory that holds session.toml" in error.allowed


def test_a_directory_without_files_is_none(places: Places) -> None:
    (places.root / "given").mkdir()
    assert read(places, "given") == ["defaults/session.toml"]


def test_without_the_shipped_defaults_nothing_loads(places: Places) -> None:
    (places.root / "defaults/session.toml").unlink()
    assert only(places.errors()).file == places.root / "defaults/session.toml"


def test_the_shipped_defaults_are_found_installed_and_in_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "spectrum_session" / "config"
    monkeypatch.setattr(files, "__file__", str(package / "files.py"))
    assert files.defaults_directory() == tmp_path / "configs"
    (package / "defaults").mkdir(parents=True)
    (package / "defaults" / "session.toml").touch()
    assert files.defaults_directory() == package / "defaults"
