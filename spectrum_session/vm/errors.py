"""Errors of VMs, with texts that the user can act on."""

from __future__ import annotations


class VMError(Exception):
    """A request that a VM cannot carry out; the text is one line and names the VM if any.

    Nothing has changed when it is raised, except that a start that failed leaves the VM failed.
    """
