"""Checks names of VMs, and makes paths of them."""

from __future__ import annotations

from pathlib import Path

from spectrum_session.config.vm_name import VM_NAME_WORDS, is_vm_name

from .errors import VMError


def check_name(name: str) -> str:
    """Return `name` unchanged; raises VMError when it is not a VM's name (config/vm_name.py)."""
    if not is_vm_name(name):
        raise VMError(f"{name[:80]!r} is not a VM name: {VM_NAME_WORDS}")
    return name


def socket_path(runtime_dir: Path, name: str) -> Path:
    """The Wayland socket of a VM, in a directory (0700) that holds nothing else."""
    return runtime_dir / "vms" / check_name(name) / "wayland-0"


def log_path(log_dir: Path, name: str) -> Path:
    """The file for the output of a VM's driver and programs."""
    return log_dir / f"{check_name(name)}.log"
