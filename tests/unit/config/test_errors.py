"""How errors read."""

from __future__ import annotations

from pathlib import Path

import pytest

from spectrum_session.config.errors import (
    ConfigError,
    ConfigErrors,
    KeyPath,
    show_path,
    show_value,
)


def test_an_error_is_one_line_with_file_line_key_found_and_allowed() -> None:
    error = ConfigError(Path("/a/session.toml"), 3, "frame.border", "40", "a whole number")
    assert str(error) == "/a/session.toml:3: frame.border: found 40; allowed a whole number"


def test_an_error_of_a_whole_file_has_no_key_and_of_a_directory_no_line() -> None:
    assert str(ConfigError(Path("/f"), 2, "", "x", "y")) == "/f:2: found x; allowed y"
    assert str(ConfigError(Path("/d"), 0, "", "x", "y")) == "/d: found x; allowed y"


def test_errors_are_a_line_each() -> None:
    errors = [ConfigError(Path("/f"), line, "k", "x", "y") for line in (1, 2)]
    assert str(ConfigErrors(errors)).splitlines() == [str(error) for error in errors]
    assert ConfigErrors(iter(errors)).errors == tuple(errors)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a", "b-c", "D_1"), "a.b-c.D_1"),
        (("bindings", "Super+h"), 'bindings."Super+h"'),
        (("rules", 0, "vm"), "rules[0].vm"),
        (("", 'quo"te'), '""."quo\\"te"'),
        ((), ""),
    ],
)
def test_paths_are_written_as_in_the_file(path: KeyPath, text: str) -> None:
    assert show_path(path) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (1.5, "1.5"),
        ("a\nb", '"a\\nb"'),
        ("\u202eevil", '"\\u202eevil"'),
        ("für", '"für"'),
        ([1, "b", [False]], '[1, "b", [false]]'),
        ({"a": 1}, "a table"),
        ([{"a": 1}], "an array of tables"),
    ],
)
def test_values_are_written_as_in_the_file(value: object, text: str) -> None:
    assert show_value(value) == text


@pytest.mark.parametrize(
    "value", ["x" * 10_000, ["x"] * 10_000, 10**4000, pytest.param(10**5000, id="longer")]
)
def test_long_values_are_shortened(value: object) -> None:
    assert len(show_value(value)) == 60
    assert show_value(value).endswith("…")
