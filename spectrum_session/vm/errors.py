"""What goes wrong with a VM, told so that a person can act on it."""

from __future__ import annotations


class VMError(Exception):
    """A request that a VM cannot follow; the text is one line and names the VM where there is one.

    Nothing has changed when it is raised, except that a start that failed leaves the VM failed.
    """
