"""The descriptors of this process, for tests that nothing is left open."""

from __future__ import annotations

import gc
import os


def open_descriptors() -> list[str]:
    """Numbers of all that are open. What is garbage is collected first: whenever it was made, its
    descriptors would be closed in the middle of a test."""
    gc.collect()
    return sorted(os.listdir("/proc/self/fd"))
