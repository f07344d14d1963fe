"""Device files and sockets."""

from __future__ import annotations

import grp
import os

from .facts import Node


def node(path: str) -> Node | None:
    """A device file or socket; None when it does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return Node(path, os.access(path, os.R_OK | os.W_OK), group_name(status.st_gid))


def nodes(directory: str, prefix: str) -> tuple[Node, ...]:
    """Nodes of a directory with a prefix, sorted by name."""
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return ()
    found = (node(os.path.join(directory, name)) for name in names if name.startswith(prefix))
    return tuple(each for each in found if each is not None)


def group_name(gid: int) -> str:
    """A group's name; its number when it has none."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
