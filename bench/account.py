"""Who runs the compositors: always the same ordinary user. sway and cage refuse root."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FIRST_ORDINARY = 1000
"""Debian's first uid of ordinary users; it need not have an account."""
PYTHONS = ("python3.11", "python3.12", "python3.10")
"""What there are wheels of wlroots for, in order of preference."""
DEPENDENCIES = ("cffi", "msgspec", "pywlroots", "pywayland", "tomli", "xkbcommon")
"""The packages that pyproject.toml names."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user, and what subprocess needs to become it."""

    uid: int
    gid: int
    change: bool
    """We are root and become this user."""

    def options(self) -> dict[str, Any]:
        """Keyword arguments for subprocess."""
        if not self.change:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, program: Path) -> bool:
        """Can this user start the program, wherever it is?"""
        try:
            result = subprocess.run(
                [program, "-c", ""], cwd="/", capture_output=True, check=False, **self.options()
            )
        except OSError:
            return False
        return result.returncode == 0

    def name(self) -> str:
        """For people."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)


def choose() -> Account:
    """Ourselves, or as root: who called sudo, or the first ordinary user."""
    if os.getuid() != 0:
        return Account(os.getuid(), os.getgid(), change=False)
    uid = int(os.environ.get("SUDO_UID", FIRST_ORDINARY)) or FIRST_ORDINARY
    try:
        gid = pwd.getpwuid(uid).pw_gid
    except KeyError:
        gid = uid
    return Account(uid, gid, change=True)


def python_for(account: Account, build: Path) -> Path:
    """A Python with what the session needs that this user can run: ours, or one in `build`.

    Root's own Python may be where nobody else can look. Raises RuntimeError when there is none.
    """
    ours = Path(sys.executable)
    if account.can_run(ours):
        return ours
    venv = build / "venv"
    python = venv / "bin" / "python"
    if python.exists() and account.can_run(python):
        return python
    for name in PYTHONS:
        base = Path("/usr/bin") / name
        if base.exists() and account.can_run(base):
            print(f"{ours} is closed to {account.name()}: making {venv} with {base}")
            make_venv(base, venv, wanted())
            return python
    raise RuntimeError(
        f"{account.name()} cannot run {ours}, and has no other Python that will do:"
        " run the bench as an ordinary user"
    )


def make_venv(base: Path, venv: Path, packages: list[str]) -> None:
    """Make a virtual environment with these packages. Raises CalledProcessError."""
    subprocess.run([base, "-m", "venv", "--clear", venv], check=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", *packages], check=True)


def wanted() -> list[str]:
    """What the session depends on, in the very versions that run here."""
    found = []
    for name in DEPENDENCIES:
        try:
            found.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            continue  # for another version of Python
    return found
