"""Imports within the gate point one way: process → connection → rules → context."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import spectrum_session.gate

PACKAGE = "spectrum_session.gate"
ROOT = Path(spectrum_session.gate.__file__).parent
FILES = {
    ".".join((PACKAGE, *path.relative_to(ROOT).with_suffix("").parts)): path
    for path in ROOT.rglob("*.py")
    if path.name != "__init__.py"
}
FILES[f"{PACKAGE}.rules"] = ROOT / "rules" / "__init__.py"
ABOVE_RULES = {f"{PACKAGE}.{name}" for name in ("connection", "link", "process", "control")}
MODELS = ("context", "holding", "model", "model_", "presentation", "shell_model", "surface_memory")


def _imported(name: str, *, types: bool) -> set[str]:
    """Modules of the gate that a module imports; with `types` also those for type checkers."""
    parent = name.rpartition(".")[0] if not FILES[name].name.startswith("__init__") else name
    found: set[str] = set()

    def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
        for one in body:
            if isinstance(one, ast.If) and "TYPE_CHECKING" in ast.unparse(one.test):
                if types:
                    yield from one.body
            else:
                yield one

    for one in statements(ast.parse(FILES[name].read_text()).body):
        if isinstance(one, ast.ImportFrom):
            up = parent.split(".")
            base = ".".join(up[: len(up) - one.level + 1]) if one.level else ""
            base = ".".join(filter(None, (base, one.module)))
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in one.names)
        elif isinstance(one, ast.Import):
            found.update(alias.name for alias in one.names)
    found.discard(f"{PACKAGE}.rules" if parent == f"{PACKAGE}.rules" else "")
    return found & FILES.keys()


def test_no_module_is_imported_in_a_circle() -> None:
    try:
        TopologicalSorter({one: _imported(one, types=False) for one in FILES}).prepare()
    except CycleError as circle:
        pytest.fail(f"circle: {' → '.join(circle.args[1])}")


def test_types_form_no_circle_but_between_models_and_context() -> None:
    graph = {one: _imported(one, types=True) for one in FILES}
    models = {one for one in FILES if one.removeprefix(f"{PACKAGE}.").startswith(MODELS)}
    for one in models:
        graph[one] -= models
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(f"circle: {' → '.join(circle.args[1])}")


def test_rules_and_models_know_no_connection() -> None:
    below = {one for one in FILES if one.startswith(f"{PACKAGE}.rules")}
    while True:
        more = below.union(*(_imported(one, types=True) for one in below))
        if more == below:
            break
        below = more
    assert f"{PACKAGE}.context" in below
    assert not below & ABOVE_RULES
