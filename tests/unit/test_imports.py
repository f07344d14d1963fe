"""The arrows of the imports: no package imports one above it (docs/ARCHITECTURE.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = "spectrum_session"
ROOT = Path(__file__).parents[2] / PACKAGE

ARROWS: dict[str, set[str]] = {
    "cli": {
        *("session", "compositor", "control", "vm", "shell", "config"),
        *("images", "doctor", "crash"),
    },
    "session": {"control", "compositor", "vm", "trusted", "shell", "labels", "config", "logs"},
    "control": {"compositor", "vm", "shell", "labels", "config", "ipc"},
    "compositor": {"shell", "trusted", "labels", "config", "wlr", "native", "logs", "ipc"},
    "vm": {"gate", "images", "labels", "config", "logs", "ipc"},
    "trusted": {"shell", "labels"},
    "doctor": {"vm", "config", "native"},
    "crash": {"logs", "native"},
    "config": {"gate", "shell", "labels"},
    "gate": {"labels"},
    "shell": set(),
    "labels": set(),
    "ipc": set(),
    "logs": set(),
    "images": set(),
    "native": set(),
    "wlr": set(),
}
"""The packages that each may import, beside itself."""

NARROW: dict[tuple[str, str], set[str]] = {
    ("control", "compositor"): {"compositor.port"},
    ("session", "compositor"): {"compositor.port", "compositor.events"},
    ("gate", "labels"): {"labels.sanitise"},
    ("config", "gate"): {"gate.limits", "gate.policy"},
    ("cli", "shell"): {"shell.names", "shell.suggest"},
}
"""Arrows that lead to these modules of the package alone."""

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("session.session", "compositor"): "the composition root builds the compositor",
    ("cli.session", "wlr"): "says which wlroots is loaded, and fails early without one",
    ("cli.session", "native"): "fails early when it was not built",
    ("cli.session", "logs"): "sets up the log of wlroots",
    ("session.vms.supervisor", "doctor"): "tries KVM with the doctor's guest",
    ("trusted.placeholder_panel", "vm"): "shows the pure model of a VM's life (model, boot_stages)",
    ("compositor.input.client_cursor", "gate"): "a number that the gate and the compositor share",
}
"""Imports that still break the rules, with the reason. This list may only become shorter."""

BROUGHT_ALONG = {"_protocol", "__version__", "_version"}
"""Generated code without imports, and the version."""


def modules() -> Iterator[tuple[str, Path]]:
    """All modules by their name below the package."""
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts), path


def imports(module: str, path: Path) -> Iterator[str]:
    """Full names below the package of all that a module imports, wherever in it."""
    package = [PACKAGE, *module.split(".")[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            names = [f"{base}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith(PACKAGE + "."):
                yield name.removeprefix(PACKAGE + ".")


def breaks() -> set[tuple[str, str]]:
    """Module and package of every import that the tables do not allow."""
    found = set()
    for module, path in modules():
        package = module.split(".")[0]
        if package.startswith("__"):
            continue
        for name in imports(module, path):
            target = name.split(".")[0]
            if target in (package, *BROUGHT_ALONG):
                continue
            narrow = NARROW.get((package, target))
            in_narrow = narrow is None or any(f"{name}.".startswith(f"{one}.") for one in narrow)
            if target not in ARROWS[package] or not in_narrow:
                found.add((module, target))
    return found


def test_no_arrow_runs_back_up() -> None:
    assert breaks() - set(EXCEPTIONS) == set()


def test_every_exception_is_still_needed() -> None:
    assert set(EXCEPTIONS) - breaks() == set()


def test_the_arrows_have_an_order() -> None:
    TopologicalSorter(ARROWS).prepare()


@pytest.mark.parametrize("package", sorted(ARROWS))
def test_every_arrow_is_used(package: str) -> None:
    used = {
        name.split(".")[0]
        for module, path in modules()
        if module.startswith(package + ".")
        for name in imports(module, path)
    }
    assert ARROWS[package] <= used


def test_at_the_root_are_folders_alone() -> None:
    assert {path.name for path in ROOT.glob("*.py")} == {"__init__.py", "__main__.py"}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert folders - {"__pycache__", "_protocol"} == set(ARROWS)
