"""Names of VMs, and the paths that are made of them."""

from __future__ import annotations

import re
from pathlib import Path

from .errors import VMError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def check_name(name: str) -> str:
    """Return `name` unchanged, or raise VMError when it is no VM name.

    A name becomes a file name, a directory, a host name and a word of a command line. It begins
    with a letter or a digit and holds no slash, so it is never an option, a hidden file or a way
    out of a directory; 63 characters is what a host name may have.
    """
    if _NAME.fullmatch(name) is None:
        raise VMError(
            f"{name[:80]!r} is no VM name: 1 to 63 of a-z, 0-9, '.', '_' and '-',"
            " the first a letter or a digit"
        )
    return name


def socket_path(runtime_dir: Path, name: str) -> Path:
    """Where the Wayland socket of a VM is, in a directory (0700) that holds nothing else."""
    return runtime_dir / "vms" / check_name(name) / "wayland-0"


def log_path(log_dir: Path, name: str) -> Path:
    """The file that takes what a VM's driver and its programs print."""
    return log_dir / f"{check_name(name)}.log"
