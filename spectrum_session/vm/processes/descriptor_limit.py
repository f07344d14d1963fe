"""Raises the session's limit of descriptors: every buffer of a client costs it some.

The soft limit of 1024 that processes start with is for programs that use select(). It is raised
to the hard one for the session alone: what it starts gets back what there was before.
"""

from __future__ import annotations

import resource

_before: tuple[int, int] | None = None


def raise_limit() -> None:
    """Let this process have as many descriptors as it may allow itself."""
    global _before
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    _before = (soft, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def restore_limit() -> None:
    """In a child, before its program starts: the limit that the session was started with."""
    if _before is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, _before)
