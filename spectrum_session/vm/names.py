"""Checks names of VMs, and makes paths of them."""

from __future__ import annotations

import re
from pathlib import Path

from .errors import VMError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def check_name(name: str) -> str:
    """Return `name` unchanged, or raise VMError when it is not a VM name.

    A name becomes a file name, a directory, a host name and a word of a command line. It begins
    with a letter or a digit and holds no slash, so it is never an option, a hidden file or a way
    out of a directory; 63 characters is what a host name may have.
    """
    if _NAME.fullmatch(name) is None:
        raise VMError(
            f"{name[:80]!r} is not a VM name: 1 to 63 of a-z, 0-9, '.', '_' and '-',"
            " the first a letter or a digit"
        )
    return name


def socket_path(runtime_dir: Path, name: str) -> Path:
    """The Wayland socket of a VM, in a directory (0700) that holds nothing else."""
    return runtime_dir / "vms" / check_name(name) / "wayland-0"


def log_path(log_dir: Path, name: str) -> Path:
    """The file for the output of a VM's driver and programs."""
    return log_dir / f"{check_name(name)}.log"
