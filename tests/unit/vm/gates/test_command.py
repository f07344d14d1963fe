"""The command line of a gate: what it sees, and as whom it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spectrum_session.vm.gates.command import CODE, Interpreter, build, package_directory
from spectrum_session.vm.processes.sandbox import Tools

SYSTEM = Interpreter(Path("/usr/bin/python3.13"), Path("/usr"), (Path("/usr/lib/sites"),))
OWN = Interpreter(Path("/opt/py/bin/python3.12"), Path("/opt/py"), (Path("/opt/py/lib/sites"),))
PACKAGE = Path("/home/me/src/spectrum_session")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host with /usr merged and a 64-bit loader's directory of its own."""
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "lib64").mkdir()
    return tmp_path


def made(root: Path, python: Interpreter = SYSTEM, setpriv: str | None = None) -> list[str]:
    return build(
        Tools("/usr/bin/bwrap", setpriv),
        python,
        PACKAGE,
        entry="go()",
        arguments=("7", "8"),
        root=root,
        exists=lambda path: True,
    )


def pairs(command: list[str], option: str) -> list[tuple[str, str]]:
    return [
        (command[at + 1], command[at + 2]) for at, word in enumerate(command) if word == option
    ]


def test_it_runs_the_entry_with_the_gates_modules_and_nothing_of_the_user(root: Path) -> None:
    command = made(root)
    assert command[0] == "/usr/bin/bwrap"
    inside = command[command.index("--") + 1 :]
    assert inside[:5] == ["/usr/bin/python3.13", "-I", "-S", "-B", "-c"]
    assert inside[5] == f"import sys; sys.path.insert(0, {CODE!r}); go()"
    assert inside[6:] == ["7", "8"]
    assert "--clearenv" in command and "--unshare-all" in command
    assert "--die-with-parent" in command and "--new-session" in command
    assert command[command.index("--cap-drop") + 1] == "ALL"
    assert pairs(command, "--setenv") == [("LANG", "C.UTF-8")]


def test_it_sees_what_python_needs_and_no_more(root: Path) -> None:
    command = made(root)
    assert pairs(command, "--ro-bind") == [
        ("/usr/lib", "/usr/lib"),
        ("/lib64", "/lib64"),
        *[
            (f"{PACKAGE}/{part}", f"{CODE}/spectrum_session/{part}")
            for part in ("__init__.py", "gate", "labels")
        ],
        ("/usr/bin/python3.13", "/usr/bin/python3.13"),
    ]
    assert pairs(command, "--symlink") == [("usr/lib", "/lib")]
    assert not any(word in command for word in ("--bind", "--dev-bind", "--proc", "--dev"))
    # What others installed for Python is hidden under an empty directory.
    assert command[command.index("--tmpfs") + 1] == "/usr/lib/sites"
    assert command[command.index("--remount-ro") + 1] == "/"


def test_a_python_of_its_own_directory_is_found_there(root: Path) -> None:
    binds = pairs(made(root, OWN), "--ro-bind")
    assert ("/opt/py/lib", "/opt/py/lib") in binds
    assert ("/opt/py/bin/python3.12", "/opt/py/bin/python3.12") in binds


def test_a_store_is_seen_where_there_is_one(root: Path) -> None:
    (root / "nix/store").mkdir(parents=True)
    assert ("/nix/store", "/nix/store") in pairs(made(root), "--ro-bind")


def test_for_root_it_is_nobody_and_still_finds_what_is_roots_alone(root: Path) -> None:
    command = made(root, OWN, setpriv="/usr/bin/setpriv")
    first = command[: command.index("--")]
    rest = command[command.index("--") + 1 :]
    assert rest[0] == "/usr/bin/setpriv"
    assert {"--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"} <= set(rest)
    staged = {where: source for source, where in pairs(first, "--ro-bind")}
    assert set(staged.values()) == {
        *(f"{PACKAGE}/{part}" for part in ("__init__.py", "gate", "labels")),
        "/opt/py/lib",
        "/opt/py/bin/python3.12",
    }
    inner = rest[rest.index("/usr/bin/bwrap") :]
    seen = {where: staged.get(source, source) for source, where in pairs(inner, "--ro-bind")}
    assert seen["/opt/py/lib"] == "/opt/py/lib"
    assert seen[f"{CODE}/spectrum_session/gate"] == f"{PACKAGE}/gate"


def test_the_python_that_runs_this() -> None:
    found = Interpreter.running()
    assert found.executable.is_file() and not found.executable.is_symlink()
    assert found.executable != Path(sys.executable) or sys.prefix == sys.base_prefix
    assert all(path.is_relative_to(found.prefix) for path in found.site_packages)
    assert (package_directory() / "gate" / "process.py").is_file()
