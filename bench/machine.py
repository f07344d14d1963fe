"""What the numbers were taken on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from .proc import parse_status


def cpu_model(cpuinfo: str) -> str:
    """The name of the first processor in /proc/cpuinfo."""
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return " ".join(value.split())
    return "an unknown processor"


def describe() -> str:
    """Processor, cores, memory, system, kernel."""
    memory = parse_status(Path("/proc/meminfo").read_text())["MemTotal"]
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = platform.system()
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cpu_model(Path('/proc/cpuinfo').read_text())}, {cores} core{'s' if cores != 1 else ''},"
        f" {memory / 1e9:.0f} GB, {system}, Linux {platform.release()}"
    )
