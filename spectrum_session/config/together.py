"""Checks across files: names that one file defines and another uses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from . import schema
from .chords import Chords
from .errors import ConfigError, KeyPath, show_value
from .files import Source
from .limits import VM_NAME
from .typed import Report, check_types
from .vms import check_vms

_MATCHES = ("vm", "app-id", "title")


def check(
    sources: Sequence[Source],
    chords: Chords,
    complete: bool = True,
    elsewhere: Collection[str] = (),
) -> list[ConfigError]:
    """All errors in these files and between them, in the order of files and lines.

    `elsewhere`: names of VMs that are defined, but in no file.
    Without `complete` some file could not be read, and a name that nobody gives is no error: it
    may stand there.
    """
    errors: list[ConfigError] = []
    labels: Collection[str] = _names(sources, "labels") if complete else _Anything()
    modes: Collection[str] = _names(sources, "modes") if complete else _Anything()
    between_vms = check_vms(sources, elsewhere) if complete else []
    for index, source in enumerate(sources):
        mine: list[ConfigError] = []
        report = _reporter(source, mine)
        if source.vm is not None:
            check_types(source.data, schema.VM, report)
            if not VM_NAME.test(source.vm):
                report((), f"the name {show_value(source.vm)}", VM_NAME.allowed)
            _check_label(source, labels, report)
        else:
            check_types(source.data, schema.Config, report)
            _check_rules(source.data.get("rules"), report)
            chords.check(source.data.get("bindings"), ("bindings",), modes, report)
            for name, mode in _table(source, "modes").items():
                bindings = mode.get("bindings") if isinstance(mode, dict) else None
                chords.check(bindings, ("modes", name, "bindings"), modes, report)
        if complete:
            _check_colors(source, sources, sources[index + 1 :], report)
        for mistake in between_vms:
            if mistake.source is source:
                report(mistake.path, mistake.found, mistake.allowed)
        errors += sorted(mine, key=lambda error: error.line)
    return errors


def check_gate(sources: Sequence[Source]) -> list[ConfigError]:
    """On bare metal gates are mandatory: an error at the key that turns them off."""
    deciding = [source for source in sources if "gate" in _table(source, "session")]
    if not deciding or deciding[-1].data["session"]["gate"] is not False:
        return []
    allowed = "true on bare metal: without a gate a VM's messages reach the compositor unchecked"
    return [deciding[-1].error(("session", "gate"), "false", allowed)]


class _Anything(Collection[str]):
    """Contains every name and lists none."""

    def __len__(self) -> int:
        return 0

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())


def _reporter(source: Source, errors: list[ConfigError]) -> Report:
    def report(path: KeyPath, found: str, allowed: str) -> None:
        errors.append(source.error(path, found, allowed))

    return report


def _table(source: Source, key: str) -> dict[str, object]:
    table = source.data.get(key) if source.vm is None else None
    return table if isinstance(table, dict) else {}


def _names(sources: Sequence[Source], key: str) -> list[str]:
    return list(dict.fromkeys(name for source in sources for name in _table(source, key)))


def _check_label(source: Source, labels: Collection[str], report: Report) -> None:
    label = source.data.get("label", "")
    if isinstance(label, str) and label and label not in labels:
        allowed = "one of " + ", ".join(show_value(name) for name in labels)
        report(("label",), show_value(label), f'{allowed}, or "" for the most suspicious one')


def _check_rules(rules: object, report: Report) -> None:
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, dict):
            continue
        if not any(key in rule for key in _MATCHES):
            found, allowed = "a rule without a condition", "at least one of "
            report(("rules", index), found, allowed + ", ".join(_MATCHES))
        if all(key in _MATCHES for key in rule):
            found = "a rule without an effect"
            report(("rules", index), found, "at least one key that is not " + ", ".join(_MATCHES))


def _check_colors(
    source: Source, sources: Sequence[Source], later: Sequence[Source], report: Report
) -> None:
    """A label may get its pattern from one file and its colour from another, but it needs both.

    Told once, of the last file that speaks of the label.
    """
    for name, label in _table(source, "labels").items():
        tables = [_table(other, "labels").get(name) for other in sources]
        colored = any(isinstance(table, dict) and "color" in table for table in tables)
        last = not any(name in _table(other, "labels") for other in later)
        if isinstance(label, dict) and last and not colored:
            report(("labels", name), "a label without a colour", 'the key "color", which it needs')
