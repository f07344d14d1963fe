"""Names of VMs, and the paths that are made of them."""

from __future__ import annotations

from pathlib import Path

from spectrum_session.config.limits import VM_NAME_WORDS, is_vm_name

from .errors import VMError


def check_name(name: str) -> str:
    """Return `name` unchanged, or raise VMError when it is not a VM name.

    A name becomes a file name, a directory, a host name and a word of a command line. It begins
    with a letter or a digit and holds no slash, so it is never an option, a hidden file or a way
    out of a directory; 63 characters is what a host name may have.
    """
    if not is_vm_name(name):
        raise VMError(f"{name[:80]!r} is not a VM name: {VM_NAME_WORDS}")
    return name


def socket_path(runtime_dir: Path, name: str) -> Path:
    """Where the Wayland socket of a VM is, in a directory (0700) that holds nothing else."""
    return runtime_dir / "vms" / check_name(name) / "wayland-0"


def log_path(log_dir: Path, name: str) -> Path:
    """The file that takes what a VM's driver and its programs print."""
    return log_dir / f"{check_name(name)}.log"
