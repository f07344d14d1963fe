"""The syntax of VM names."""

from __future__ import annotations

import re

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

VM_NAME_WORDS = "1 to 63 of a-z, 0-9, '.', '_' and '-', a letter or digit first"


def is_vm_name(text: str) -> bool:
    """Whether `text` can be a VM's name.

    A name becomes a file name, a directory, a host name and a word of a command line. It begins
    with a letter or a digit and holds no slash, so it is never an option, a hidden file or a way
    out of a directory; 63 characters is the limit of a host name.
    """
    return _NAME.fullmatch(text) is not None
