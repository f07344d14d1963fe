"""The command line of a gate: bubblewrap, and Python with the few modules that a gate is made of.

The gate sees the interpreter, its standard library and its own modules, read only, and nothing
else; what it does to itself once it runs is in `gate.confine`.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spectrum_session.vm.processes.sandbox import Tools
from spectrum_session.vm.processes.users import NOBODY

CODE = "/app"
"""Where the gate's own modules are, inside."""

_STAGE = "/run/spectrum-gate"
_PARTS = ("__init__.py", "gate", "labels")
_LIBRARIES = ("lib", "lib32", "lib64", "libx32")
_SYSTEM = Path("/usr")


@dataclass(frozen=True)
class Interpreter:
    """A Python, as found on the host."""

    executable: Path
    """The program itself, no link and of no virtual environment."""
    prefix: Path
    """Where it is installed: /usr, or a directory of its own."""
    site_packages: tuple[Path, ...] = ()
    """Installed packages, which a gate does not need."""

    @classmethod
    def running(cls) -> Interpreter:
        """The one that runs this."""
        executable = getattr(sys, "_base_executable", None) or sys.executable
        found = sysconfig.get_paths(vars={"base": sys.base_prefix, "platbase": sys.base_prefix})
        sites = {Path(found[key]) for key in ("purelib", "platlib")}
        return cls(
            Path(os.path.realpath(executable)), Path(sys.base_prefix), tuple(sorted(sites))
        )


def package_directory() -> Path:
    """Where the modules of this package are, installed or in a checkout."""
    return Path(__file__).resolve().parents[2]


def build(
    tools: Tools,
    python: Interpreter,
    package: Path,
    *,
    entry: str,
    user: int = NOBODY,
    arguments: tuple[str, ...] = (),
    root: Path = Path("/"),
    exists: Callable[[Path], bool] = Path.exists,
) -> list[str]:
    """The command line that runs the Python statement `entry` with the gate's modules.

    `user`: whose process it is on the host when the session is root.
    Descriptors that the child inherits reach it under their own numbers; bubblewrap's own
    processes close them. `root` is where the host's own file system is looked at.
    """
    binds = _binds(python, package)
    inner = [tools.bwrap, *_namespaces(), *_system(root)]
    prefix: list[str] = []
    sources = {inside: str(source) for inside, source in binds.items()}
    if tools.setpriv is not None:
        stage = {inside: f"{_STAGE}/{number}" for number, inside in enumerate(binds)}
        staged = {stage[inside]: source for inside, source in sources.items()}
        prefix = _as_user(user, tools.bwrap, tools.setpriv, staged)
        sources = stage
    for inside, source in sources.items():
        inner += ["--ro-bind", source, inside]
    for site in python.site_packages:
        if exists(site):
            inner += ["--tmpfs", str(site)]
    inner += ["--remount-ro", "/", "--chdir", "/", "--"]
    start = f"import sys; sys.path.insert(0, {CODE!r}); {entry}"
    # Isolated from the environment, and without `site`, which would look for more modules.
    return [*prefix, *inner, str(python.executable), "-I", "-S", "-B", "-c", start, *arguments]


def _binds(python: Interpreter, package: Path) -> dict[str, Path]:
    """Files in the sandbox beyond the system's libraries: by path inside, the path here."""
    found = {f"{CODE}/spectrum_session/{part}": package / part for part in _PARTS}
    if python.prefix != _SYSTEM:
        found[f"{python.prefix}/lib"] = python.prefix / "lib"
    found[str(python.executable)] = python.executable
    return found


def _namespaces() -> list[str]:
    return [
        *("--unshare-all", "--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)),
        *("--hostname", "gate", "--cap-drop", "ALL"),
        *("--die-with-parent", "--new-session", "--clearenv", "--setenv", "LANG", "C.UTF-8"),
    ]


def _system(root: Path) -> list[str]:
    """The system's libraries, Python's standard library among them where it is the system's."""
    made: list[str] = []
    for name in _LIBRARIES:
        if (root / "usr" / name).is_dir():
            made += ["--ro-bind", f"/usr/{name}", f"/usr/{name}"]
        on_host = root / name
        if on_host.is_symlink():
            made += ["--symlink", f"usr/{name}", f"/{name}"]
        elif on_host.is_dir():
            made += ["--ro-bind", f"/{name}", f"/{name}"]
    if (root / "nix/store").is_dir():
        made += ["--ro-bind", "/nix/store", "/nix/store"]
    return [*made, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]


def _as_user(user: int, bwrap: str, setpriv: str, staged: dict[str, str]) -> list[str]:
    """Become an ordinary user that still finds what is in directories of root's alone."""
    made = [bwrap, "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", os.path.dirname(_STAGE)]
    made += ["--perms", "0755", "--dir", _STAGE]
    for inside, source in staged.items():
        made += ["--ro-bind", source, inside]
    return [
        *(*made, "--"),
        *(setpriv, f"--reuid={user}", f"--regid={user}", "--clear-groups"),
        *("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"),
    ]
