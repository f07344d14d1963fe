"""Installs the peers that come by pip into a virtual environment of their own, for this bench only.

They are compositors in Python on the same wheel of wlroots as ours.
"""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

from .account import make_venv

WHEELS = ("pywlroots==0.17.0", "pywayland==0.4.17", "xkbcommon>=1.0,<2")
QTILE = "qtile==0.33.0"
"""The last release on pywlroots."""
GABBIA = "gabbia==0.1.0"
TINY = "pywlroots==0.17.0"
"""Its source, not its wheel, holds the sample compositor `tiny`."""
STAMP = "complete"


def install(python: Path, venv: Path) -> dict[str, str]:
    """Make `venv` with what can be had, once. Returns why others are left out."""
    stamp = venv / STAMP
    if stamp.exists() and stamp.read_text() == str(python):
        return _missing(venv)
    print("Installing qtile, gabbia and tiny to compare with")
    try:
        # setuptools and wheel: pip wants to look into the source of pywlroots before it hands it
        # over.
        make_venv(python, venv, [*WHEELS, "setuptools", "wheel"])
    except (subprocess.CalledProcessError, OSError):
        # Another version of Python, or no way to the packages.
        return dict.fromkeys(("qtile", "gabbia", "tiny"), "pywlroots cannot be installed by pip")
    for packages in ([QTILE], ["--no-deps", GABBIA]):
        _pip(venv, "install", *packages)
    _unpack_tiny(venv)
    stamp.write_text(str(python))
    return _missing(venv)


def _missing(venv: Path) -> dict[str, str]:
    parts = {"qtile": "bin/qtile", "gabbia": "bin/gabbia", "tiny": "tiny/tiny"}
    return {
        name: "cannot be installed by pip"
        for name, part in parts.items()
        if not (venv / part).exists()
    }


def _pip(venv: Path, *arguments: str) -> bool:
    python = str(venv / "bin" / "python")
    argv = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    return subprocess.run([*argv, *arguments], check=False, capture_output=True).returncode == 0


def _unpack_tiny(venv: Path) -> None:
    target = venv / "tiny"
    target.mkdir(exist_ok=True)
    _pip(
        venv,
        *("download", "--no-deps", "--no-build-isolation", "--no-binary", ":all:"),
        *("--dest", str(target), TINY),
    )
    for archive in target.glob("*.tar.gz"):
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                parts = Path(member.name).parts
                if len(parts) == 3 and parts[1] == "tiny" and member.isfile():
                    source = tar.extractfile(member)
                    if source is not None:
                        path = target / "tiny" / parts[2]
                        path.parent.mkdir(exist_ok=True)
                        path.write_bytes(source.read())
