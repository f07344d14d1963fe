"""The manual pages have no fault, and hold all that the programs take."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from spectrum_session.cli import doctor
from spectrum_session.cli.ctl_parser import IMAGE_VERBS, VM_VERBS, main_parser
from spectrum_session.cli.session import BACKENDS, LEVELS, make_parser
from spectrum_session.config import schema
from spectrum_session.control.names import EVENTS, SWITCHED, WINDOW_ACTIONS
from spectrum_session.doctor.finding import PURPOSES
from spectrum_session.shell.actions import ACTIONS
from spectrum_session.shell.names import LAYOUTS

ROOT = Path(__file__).parents[3]
PAGES = {path.name: path for path in (ROOT / "data" / "man").iterdir()}
CTL = PAGES["spectrumctl.1"].read_text()
SESSION = PAGES["spectrum-session.1"].read_text()
TOML = PAGES["spectrum-session.toml.5"].read_text()


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """The options of a parser and of those below it, the long form alone where there is one."""
    own = {
        max(action.option_strings, key=len) for action in parser._actions if action.option_strings
    }
    return own.union(*(options_of(below) for below in subcommands(parser).values()))


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of a parser's commands, by name."""
    return {
        name: below
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, below in action.choices.items()
    }


SUBCOMMANDS = subcommands(main_parser())
SESSION_OPTIONS = sorted(options_of(make_parser()) | options_of(doctor.make_parser()))


def has_option(page: str, option: str) -> bool:
    return re.search(rf"\bFl {re.escape(option[1:])}( |$)", page, re.MULTILINE) is not None


def has_item(page: str, macro: str, name: str) -> bool:
    """Whether a list has an item for `name`."""
    lines = [line for line in page.splitlines() if line.startswith(".It ")]
    return any(re.search(rf"{macro} (.* , )?{re.escape(name)}( |$)", line) for line in lines)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_mandoc_finds_no_fault(page: str) -> None:
    lint = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", PAGES[page]], capture_output=True, text=True
    )
    assert (lint.stdout + lint.stderr, lint.returncode) == ("", 0)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_finds_no_fault(page: str) -> None:
    groff = subprocess.run(
        ["groff", "-ww", "-mandoc", "-Tutf8", PAGES[page]], capture_output=True, text=True
    )
    assert (groff.stderr, groff.returncode) == ("", 0)
    assert "SEE ALSO" in re.sub(".\x08", "", groff.stdout)  # bold is a letter twice


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_named_as_its_title_says(page: str) -> None:
    name, section = page.rsplit(".", 1)
    text = PAGES[page].read_text()
    assert f".Dt {name.upper()} {section}\n" in text
    assert f".Nm {name}\n" in text
    assert text.isascii()
    for other, number in re.findall(r"^\.Xr (spectrum\S*) (\d)", text, re.MULTILINE):
        assert f"{other}.{number}" in PAGES


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_spectrumctl_has_every_command_and_its_options(name: str) -> None:
    assert has_item(CTL, "Ic", name) or re.search(rf"^\.Ic {name} ", CTL, re.MULTILINE)
    for option in options_of(SUBCOMMANDS[name]):
        assert has_option(CTL, option), option


def test_spectrumctl_has_every_option_of_its_own() -> None:
    for option in options_of(main_parser()):
        assert has_option(CTL, option), option


def test_spectrumctl_has_every_window_action() -> None:
    for action in WINDOW_ACTIONS:
        switch = r" Op Cm on \| off \| toggle$" if action in SWITCHED else ""
        assert re.search(rf"^\.It Ic window Ar id Cm {action}\b{switch}", CTL, re.MULTILINE), action


def test_spectrumctl_has_every_verb_event_and_layout() -> None:
    for verb in VM_VERBS:
        item = rf"^\.It Ic vm {verb}( Ar name( Fl - Ar cmd \.\.\.| Op Fl -wait)?)?$"
        assert re.search(item, CTL, re.MULTILINE), verb
    for verb in IMAGE_VERBS:
        assert re.search(rf"^\.It Ic image {verb} ", CTL, re.MULTILINE)
    words = set(re.findall(r"[\w-]+", "\n".join(re.findall(r"^\.Cm .*", CTL, re.MULTILINE))))
    assert {*EVENTS, *LAYOUTS} <= words


@pytest.mark.parametrize("name", ACTIONS)
def test_spectrumctl_has_every_action_of_a_binding(name: str) -> None:
    actions = CTL.split(".Sh ACTIONS")[1].split(".Sh ENVIRONMENT")[0]
    match = re.search(rf"^\.It Cm {re.escape(name)}( .*)?$", actions, re.MULTILINE)
    assert match, name
    arguments = match[1] or ""
    assert bool(arguments) == bool(ACTIONS[name].arguments)
    for argument in ACTIONS[name].arguments:
        for choice in argument.choices:
            assert re.search(rf"\b{choice}\b", arguments), choice


def test_no_action_is_described_that_is_not_there() -> None:
    actions = CTL.split(".Sh ACTIONS")[1].split(".Sh ENVIRONMENT")[0]
    assert set(re.findall(r"^\.It Cm ([\w-]+)", actions, re.MULTILINE)) == set(ACTIONS)


@pytest.mark.parametrize("option", SESSION_OPTIONS)
def test_spectrum_session_has_every_option(option: str) -> None:
    assert has_option(SESSION, option)


def test_spectrum_session_has_every_backend_and_log_level() -> None:
    assert f"Fl -backend Cm {' | '.join(BACKENDS)}\n" in SESSION
    levels = SESSION.split(".It Fl -log-level")[1].split(".It")[0]
    assert re.findall(r"\b(?!Cm|or\b)\w+", levels.split("error:")[1]) == list(LEVELS)


def test_spectrum_session_has_every_option_and_purpose_of_the_doctor() -> None:
    text = SESSION.split(".Sh DOCTOR")[1].split(".Sh SIGNALS")[0]
    for option in options_of(doctor.make_parser()) - {"--help"}:
        assert has_option(text, option), option
    for purpose in PURPOSES:
        assert re.search(rf"^\.Cm {purpose}\b", text, re.MULTILINE), purpose


def test_spectrum_session_has_exit_codes_environment_and_signals() -> None:
    status = SESSION.split(".Sh EXIT STATUS")[1]
    assert re.findall(r"^\.It (\d)$", status, re.MULTILINE) == ["0", "1", "2", "3", "4"]
    for variable in (
        "WAYLAND_DISPLAY",
        "XDG_CURRENT_DESKTOP",
        "XDG_SESSION_TYPE",
        "SPECTRUM_SESSION_SOCKET",
        "NOTIFY_SOCKET",
    ):
        assert f".It Ev {variable}" in SESSION
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        assert name in SESSION


def keys_of(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    return struct.__struct_encode_fields__


TABLES: dict[str, type[msgspec.Struct]] = {
    "Bq session": schema.Session,
    "Bq keyboard": schema.Keyboard,
    "Bq pointer": schema.Pointer,
    "Bq outputs.NAME": schema.Output,
    "Bq frame": schema.Frame,
    "Bq layout": schema.Layout,
    "Bq focus": schema.Focus,
    "Bq permissions": schema.Permissions,
    "Bq limits": schema.Limits,
    "Bq spectrum": schema.Spectrum,
    "Bq labels.NAME": schema.Label,
    "Bq Bq rules": schema.Rule,
    "Bq bindings": schema.Binding,
    "Bq modes.NAME": schema.Mode,
}


@pytest.mark.parametrize("title", TABLES)
def test_the_configuration_has_every_key_and_no_other(title: str) -> None:
    text = TOML.split(f".Ss {title}\n")[1]
    text = re.split(r"^\.S[sh] ", text, flags=re.MULTILINE)[0]
    items = re.findall(r"^\.It Ic (.*)$", text, re.MULTILINE)
    described = [name for item in items for name in item.split(" , ")]
    assert sorted(described) == sorted(keys_of(TABLES[title]))


def test_the_configuration_has_every_table() -> None:
    titles = {re.sub(r"Bq |\.NAME", "", title) for title in (*TABLES, "Bq environment")}
    assert titles == {*keys_of(schema.Config)} - {"vms", "ignored"}
    assert ".Ss Bq environment\n" in TOML


def test_the_configuration_has_every_key_of_a_vm() -> None:
    text = TOML.split(".Sh VMS/NAME.TOML")[1].split(".Sh EXAMPLES")[0]
    assert sorted(re.findall(r"^\.It Ic (.*)$", text, re.MULTILINE)) == sorted(keys_of(schema.VM))
