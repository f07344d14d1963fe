"""The rules that apply to a new window."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from .options import Rule

_EFFECTS = tuple(n for n in Rule.__struct_fields__ if n not in ("vm", "app_id", "title"))


def matches(rule: Rule, vm: str | None, app_id: str, title: str) -> bool:
    """Whether all that the rule asks for is so. `vm` is the origin, None for the host."""
    if rule.vm is not None:
        if vm is None or rule.vm == "":
            if not (vm is None and rule.vm == ""):
                return False
        elif not fnmatchcase(vm, rule.vm):
            return False
    if rule.app_id is not None and not fnmatchcase(app_id, rule.app_id):
        return False
    return rule.title is None or fnmatchcase(title, rule.title)


def effect(rules: Iterable[Rule], vm: str | None, app_id: str, title: str) -> Rule:
    """All matching rules as one: every field from the first rule that sets it."""
    values: dict[str, object] = {}
    for rule in rules:
        if matches(rule, vm, app_id, title):
            for name in _EFFECTS:
                value = getattr(rule, name)
                if value is not None:
                    values.setdefault(name, value)
    return Rule(**values)  # type: ignore[arg-type]
